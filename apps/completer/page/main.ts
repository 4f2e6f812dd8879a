/** The demo page: models, example pictures, damage at a click, and the element, which does the rest. */
import "@kintsugi/element/define";
import { DAMAGES, type Damage } from "./damages.js";
import { choices, OFFERS, type Offer, PORTRAITS } from "./offers.js";

/** Cells along a side of the damages: as fine as twice a picture of the models. */
const CELLS = 128;

const find = (id: string) => document.getElementById(id)!;
const completer = document.querySelector<HTMLElementTagNameMap["image-completer"]>("#completer")!;
let damage: Damage | undefined = DAMAGES.Scratches;

async function paint(): Promise<void> {
  // A damage that is picked while a search runs is for the search after it.
  completer.cancel();
  if (!damage) return completer.clear();
  const known = damage(CELLS);
  const side = Math.sqrt(known.length);
  const pixels = new ImageData(side, side);
  known.forEach((value, at) => {
    pixels.data.set(value === 0 ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * at);
  });
  await completer.loadMask(pixels);
}

function offer({ url, candidates, iterations, examples, origin }: Offer): void {
  Object.assign(completer, { candidates, iterations, model: url });
  const picture = ({ src, alt }: (typeof examples)[number]) =>
    Object.assign(document.createElement("img"), { src, alt, width: 64, height: 64 });
  const show = ({ src }: (typeof examples)[number]) => {
    completer.src = src;
  };
  find("examples").replaceChildren(
    ...choices(examples, picture, show).map((button) => {
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  find("origin").textContent = origin;
  show(examples[0]!);
}

find("models").append(...choices(OFFERS, ({ name, size }) => `${name}, ${size}`, offer));
find("damage").append(
  ...choices(
    [...Object.keys(DAMAGES), "None"],
    (name) => name,
    (name) => {
      damage = DAMAGES[name];
      void paint();
    },
  ),
);
completer.addEventListener("ic-picture", () => void paint());
find("bring").addEventListener("click", () => completer.choosePicture());
offer(PORTRAITS);
