/** "How it works": three figures that compute. */
import { DRAWN } from "../../completer/page/offers.js";
import { createPainter, latest, type Painter, picture } from "../../completer/page/painter.js";
import { drawDensity } from "./density.js";
import { createDescent } from "./descent.js";
import { createStamps } from "./stamps.js";

const DRAWS = 50;
const MOST_DRAWS = 1000;
const PAINTED = 8;

const find = <T extends Element = HTMLElement>(id: string) => document.getElementById(id) as unknown as T;
const press = (id: string, act: () => void) => find(id).addEventListener("click", act);
const status = (text: string) => {
  find("status").textContent = text;
};

let drawn = 0;
let painter: Painter | undefined;
const faces = Array.from({ length: PAINTED }, (_, i) => picture(`A face drawn from the generator, ${i + 1}`));
find("faces").append(...faces);

const paintFaces = latest(async () => painter?.paint(painter.draw(drawn + 1, PAINTED), faces));
function drawMore(count: number): void {
  drawn = Math.min(MOST_DRAWS, count);
  drawDensity(find<SVGSVGElement>("density"), drawn);
  find("drawn").textContent = `${drawn} numbers; below, ${PAINTED} faces drawn from the generator`;
  paintFaces();
}
press("draw", () => drawMore(drawn + DRAWS));
press("empty", () => drawMore(0));
addEventListener("resize", () => drawDensity(find<SVGSVGElement>("density"), drawn));
drawMore(DRAWS);

async function showStamps(made: Painter): Promise<void> {
  const stamps = await createStamps(made.backend, (id) => find<SVGSVGElement>(id));
  const slider = find<HTMLInputElement>("stamps");
  const show = latest(() => stamps.show(Number(slider.value)));
  slider.addEventListener("input", show);
  show();
}

async function showSearch(made: Painter): Promise<void> {
  const names = ["The face", "What is known", "The generator's guess, G(z)", "Mended"];
  const canvases = names.map(picture);
  find("mending").append(
    ...canvases.map((canvas, i) => {
      const figure = document.createElement("figure");
      figure.append(canvas, Object.assign(document.createElement("figcaption"), { textContent: names[i] }));
      return figure;
    }),
  );
  const descent = await createDescent(made, canvases, find<SVGSVGElement>("loss"));
  const go = find<HTMLButtonElement>("go");
  const another = find<HTMLButtonElement>("another");
  let example = 0;
  let running: AbortController | undefined;
  const take = async () => {
    example++;
    const face = new Image();
    face.src = DRAWN.examples[(example + 1) % DRAWN.examples.length]!.src;
    await face.decode();
    await descent.take(face, example);
    status("Press Search.");
  };
  another.addEventListener("click", () => void take());
  go.addEventListener("click", async () => {
    if (running) return running.abort();
    running = new AbortController();
    go.textContent = "Stop";
    another.disabled = true;
    await descent.run(running.signal, status);
    running = undefined;
    go.textContent = "Search";
    another.disabled = false;
  });
  await take();
  go.disabled = false;
  another.disabled = false;
}

try {
  const response = await fetch(DRAWN.url);
  painter = await createPainter(new Uint8Array(await response.arrayBuffer()));
  find("no-webgpu").hidden = painter.gpu;
  paintFaces();
  await showStamps(painter);
  await showSearch(painter);
} catch (error) {
  status(`Something went wrong: ${(error as Error).message}`);
}
