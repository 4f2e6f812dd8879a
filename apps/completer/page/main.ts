/** The demo page: example pictures, damage at a click, and the element, which does the rest. */
import { masks } from "@kintsugi/completion";
import "@kintsugi/element/define";

const FACES = 8;

/** Damages, by name: what is known, for a square of `size` pixels. */
const DAMAGES = {
  Scratches: scratches,
  Centre: (size: number) => masks.center(size, 0.3).pixels,
  "Left half": (size: number) => masks.left(size).pixels,
  Specks: (size: number) => masks.random(size / 4, { fraction: 0.35, seed: 4 }).pixels,
} as const;

const completer = document.querySelector<HTMLElementTagNameMap["image-completer"]>("#completer")!;
let chosen: keyof typeof DAMAGES | undefined = "Scratches";

function choose(button: HTMLButtonElement, among: Element): void {
  for (const other of among.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
}

function show(face: number): void {
  completer.src = `./examples/face-${face}.png`;
}

async function damage(): Promise<void> {
  if (!chosen) return;
  const known = DAMAGES[chosen](96);
  const side = Math.sqrt(known.length);
  const pixels = new ImageData(side, side);
  known.forEach((value, at) => {
    pixels.data.set(value === 0 ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * at);
  });
  await completer.loadMask(pixels);
}

/** Three crooked lines across the picture. */
function scratches(size: number): Float32Array {
  const known = new Float32Array(size * size).fill(1);
  const lines = [
    [0.28, 0, 0.46, 1],
    [0.8, 0.05, 0.55, 0.95],
    [0, 0.62, 1, 0.5],
  ] as const;
  for (const [x0, y0, x1, y1] of lines) {
    for (let step = 0; step <= 4 * size; step++) {
      const t = step / (4 * size);
      const sway = 0.02 * Math.sin(19 * t) + 0.015 * Math.sin(47 * t);
      const [x, y] = [(x0 + (x1 - x0) * t + sway) * size, (y0 + (y1 - y0) * t + sway) * size];
      for (let row = Math.floor(y - 3); row <= y + 3; row++) {
        for (let column = Math.floor(x - 3); column <= x + 3; column++) {
          if (row < 0 || column < 0 || row >= size || column >= size) continue;
          if ((row - y) ** 2 + (column - x) ** 2 < 9) known[row * size + column] = 0;
        }
      }
    }
  }
  return known;
}

const examples = document.querySelector("#examples")!;
for (let face = 1; face <= FACES; face++) {
  const picture = document.createElement("img");
  Object.assign(picture, { src: `./examples/face-${face}.png`, alt: `Face ${face}`, width: 96, height: 96 });
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", String(face === 1));
  button.append(picture);
  button.addEventListener("click", () => {
    choose(button, examples);
    show(face);
  });
  const item = document.createElement("li");
  item.append(button);
  examples.append(item);
}

const damages = document.querySelector("#damage")!;
for (const name of [...Object.keys(DAMAGES), "None"]) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.setAttribute("aria-pressed", String(name === chosen));
  button.addEventListener("click", () => {
    choose(button, damages);
    chosen = name in DAMAGES ? (name as keyof typeof DAMAGES) : undefined;
    if (chosen) void damage();
    else completer.clear();
  });
  damages.append(button);
}

completer.addEventListener("ic-picture", () => void damage());
show(1);
