/** The page of a run: draws what it holds, and where a dashboard serves it, asks for more. */
import type { RunView } from "../src/report/run_view.js";
import { createCharts } from "./charts.js";
import { drawFacts, drawNumbers, stateOf } from "./facts.js";
import { WINDOWS } from "./rolling.js";
import { createSamples } from "./samples.js";

/** Milliseconds between two looks at a run that goes on. */
const EVERY = 2000;

const find = (id: string) => document.getElementById(id)!;

// What the reader has chosen is in the address, so that it survives a reload and can be sent along.
const chosen = new URLSearchParams(location.hash.slice(1));
const keep = (name: string, value: string | undefined) => {
  if (value === undefined) chosen.delete(name);
  else chosen.set(name, value);
  history.replaceState(null, "", `#${chosen}`);
};

let run = JSON.parse(find("run").textContent!) as RunView;
const charts = createCharts(find("charts"));
const samples = createSamples(chosen.has("step") ? Number(chosen.get("step")) : undefined, (step) =>
  keep("step", step?.toString()),
);

const smooth = find("smooth") as HTMLInputElement;
smooth.max = String(WINDOWS.length - 1);
smooth.value = String(Math.max(0, WINDOWS.indexOf(Number(chosen.get("mean") ?? 50))));
smooth.addEventListener("input", () => {
  keep("mean", String(windowOf()));
  drawCurves();
});

function windowOf(): number {
  return WINDOWS[Number(smooth.value)]!;
}

function drawCurves(): void {
  const steps = windowOf();
  const text = steps === 1 ? "off" : `${steps.toLocaleString("en")} steps`;
  find("smooth-steps").textContent = text;
  smooth.setAttribute("aria-valuetext", text);
  find("no-curves").hidden = run.step > 0;
  charts.draw(run.curves, steps);
}

function draw(): void {
  find("name").textContent = run.name;
  find("state").textContent = stateOf(run);
  find("state").dataset.state = run.state;
  const progress = find("progress") as HTMLProgressElement;
  progress.hidden = run.steps === undefined;
  progress.max = run.steps ?? 1;
  progress.value = run.step;
  drawNumbers(find("numbers"), run);
  drawCurves();
  samples.show(run);
  drawFacts(find("facts"), run);
}

async function follow(): Promise<never> {
  let seen = "";
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY));
    if (document.hidden) continue;
    try {
      const response = await fetch("run.json", { cache: "no-cache" });
      if (!response.ok) throw new Error(response.statusText);
      const text = await response.text();
      if (text !== seen) {
        run = JSON.parse(text) as RunView;
        draw();
      }
      seen = text;
    } catch {
      find("state").textContent = `The dashboard is gone; this is what it last showed, step ${run.step}`;
      find("state").dataset.state = "lost";
      seen = "";
    }
  }
}

draw();
if (run.live) void follow();
