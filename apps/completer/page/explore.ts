/** The latent explorer: what single numbers of z do, what lies between two z, and sums of three. */
import { choices, DRAWN, type Offer, PORTRAITS } from "./offers.js";
import { createPainter, latest, type Painter, picture } from "./painter.js";

const SAMPLES = 12;
const SLIDERS = 8;
const BETWEEN = 8;
const SLOTS = ["A", "B", "C"] as const;
type Slot = (typeof SLOTS)[number];

const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const status = (text: string) => {
  find("status").textContent = text;
};

let painter: Painter | undefined;
let seed = 1;
let samples: Float32Array[] = [];
let chosen: Readonly<Record<Slot, number>> = { A: 0, B: 1, C: 2 };
let next: Slot = "A";
/** What the sliders have made of A. */
let moved = new Float32Array();

const slots = Object.fromEntries(SLOTS.map((name) => [name, picture(`Face ${name}`)])) as Record<
  Slot,
  HTMLCanvasElement
>;
const single = picture("Face A, as the sliders have it");
const strip = Array.from({ length: BETWEEN }, (_, i) => picture(`Step ${i + 1} of ${BETWEEN} from A to B`));
const sum = picture("A minus B plus C");
const faces = Array.from({ length: SAMPLES }, (_, i) => picture(`Sample ${i + 1}`));

/** z outside what the model was trained on paints monsters. */
function within(z: Float32Array): Float32Array {
  return painter?.config.z === "normal" ? z : z.map((value) => Math.min(1, Math.max(-1, value)));
}

const mix = (weights: Readonly<Partial<Record<Slot, number>>>): Float32Array =>
  within(samples[0]!.map((_, i) => SLOTS.reduce((all, s) => all + (weights[s] ?? 0) * samples[chosen[s]]![i]!, 0)));

const paintSlider = latest(async () => painter?.paint([moved], [single]));
const paintChosen = latest(async () => {
  const between = strip.map((_, i) => mix({ A: 1 - i / (BETWEEN - 1), B: i / (BETWEEN - 1) }));
  const zs = [...SLOTS.map((name) => samples[chosen[name]]!), mix({ A: 1, B: -1, C: 1 }), ...between];
  await painter?.paint(zs, [...SLOTS.map((name) => slots[name]), sum, ...strip]);
});

function choose(slot: Slot, sample: number): void {
  chosen = { ...chosen, [slot]: sample };
  faces.forEach((face, i) => {
    const names = SLOTS.filter((name) => chosen[name] === i).join(" ");
    face.closest("button")?.setAttribute("data-slots", names);
    face.setAttribute("aria-label", names ? `Sample ${i + 1}, chosen as ${names}` : `Sample ${i + 1}`);
  });
  if (slot === "A") resetSliders();
  paintChosen();
}

function setNext(slot: Slot): void {
  next = slot;
  for (const button of find("slots").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.slot === slot));
  }
}

function showValue(input: HTMLInputElement): void {
  const value = Number(input.value);
  (input.nextElementSibling as HTMLOutputElement).value = `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
}

function resetSliders(): void {
  moved = Float32Array.from(samples[chosen.A]!);
  const inputs = find("sliders").querySelectorAll("input");
  inputs.forEach((input, i) => {
    input.value = String(moved[i] ?? 0);
    showValue(input);
  });
  paintSlider();
}

async function drawSamples(): Promise<void> {
  if (!painter) return;
  samples = painter.draw(seed, SAMPLES);
  for (const slot of SLOTS) choose(slot, SLOTS.indexOf(slot));
  await painter.paint(samples, faces);
}

function buildSliders(): void {
  const reach = painter?.config.z === "normal" ? 3 : 1;
  const count = Math.min(SLIDERS, painter?.config.nz ?? 0);
  find("sliders").replaceChildren(
    ...Array.from({ length: count }, (_, i) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      const value = document.createElement("output");
      Object.assign(input, { type: "range", min: String(-reach), max: String(reach), step: "0.02" });
      input.addEventListener("input", () => {
        moved[i] = Number(input.value);
        showValue(input);
        paintSlider();
      });
      // The middle, where a number is 0, is marked by the style.
      label.append(`z${String.fromCodePoint(0x2081 + i)}`, input, value);
      return label;
    }),
  );
}

async function open(bytes: Uint8Array, name: string): Promise<void> {
  try {
    const made = await createPainter(bytes);
    painter?.destroy();
    painter = made;
    const { size, nz } = made.config;
    buildSliders();
    find("shown").textContent = `The first ${Math.min(SLIDERS, nz)} of ${nz} numbers; the others stay as they are.`;
    await drawSamples();
    find("no-webgpu").hidden = painter.gpu;
    status(`${name}: ${nz} numbers become a picture of ${size}×${size}.`);
  } catch (error) {
    status(`${name} cannot be opened: ${(error as Error).message}`);
  }
}

const openFile = async (file: File | undefined) => {
  if (file) await open(new Uint8Array(await file.arrayBuffer()), file.name);
};

find("samples").append(
  ...faces.map((face, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(face);
    button.addEventListener("click", () => {
      choose(next, i);
      setNext(SLOTS[(SLOTS.indexOf(next) + 1) % SLOTS.length]!);
    });
    return button;
  }),
);
find("single").append(single);
find("strip").append(...strip);
const sign = (text: string) => Object.assign(document.createElement("span"), { textContent: text });
find("sum").append(slots.A, sign("−"), slots.B, sign("+"), slots.C, sign("="), sum);
for (const button of find("slots").querySelectorAll("button")) {
  button.addEventListener("click", () => setNext(button.dataset.slot as Slot));
}
find("again").addEventListener("click", () => {
  seed++;
  void drawSamples();
});
find("reset").addEventListener("click", resetSliders);
const file = find<HTMLInputElement>("file");
find("open").addEventListener("click", () => file.click());
file.addEventListener("change", () => void openFile(file.files?.[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void openFile(event.dataTransfer?.files[0]);
});

async function offer({ name, url }: Offer): Promise<void> {
  status("Loading the model …");
  const response = await fetch(url);
  await open(new Uint8Array(await response.arrayBuffer()), name);
}

find("models").append(
  ...choices(
    [DRAWN, PORTRAITS],
    ({ name, size }) => `${name}, ${size}`,
    (chosen) => void offer(chosen),
  ),
);
await offer(DRAWN);
