/** The sample grid over time, and what D made of its batch then: a slider, and a button that plays it. */
import type { RunView } from "../src/report/run_view.js";
import { drawJudged } from "./judged.js";

/** Milliseconds between two pictures. */
const PACE = 350;

export interface Samples {
  show(run: RunView): void;
}

/** @param kept the step to show, undefined for the latest */
export function createSamples(kept: number | undefined, onStep: (step: number | undefined) => void): Samples {
  const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
  const figure = find("samples");
  const picture = find<HTMLImageElement>("picture");
  const slider = find<HTMLInputElement>("at");
  const play = find<HTMLButtonElement>("play");
  let all: RunView["samples"] = [];
  let judged: RunView["judged"] = [];
  // Whoever has not chosen a step sees the latest one, and goes on to see it.
  let chosen = kept;
  let timer: ReturnType<typeof setInterval> | undefined;

  const draw = () => {
    const at = Number(slider.value);
    const sample = all[at];
    if (!sample) return;
    const text = `step ${sample.step.toLocaleString("en")}`;
    if (picture.getAttribute("src") !== sample.src) picture.src = sample.src;
    picture.alt = `Grid of samples at ${text}`;
    find("at-step").textContent = text;
    slider.setAttribute("aria-valuetext", text);
    drawJudged(find("judged"), judged, sample.step);
    // The next one is there before it is asked for.
    const next = all[at + 1];
    if (next) new Image().src = next.src;
  };
  const choose = (at: number) => {
    slider.value = String(at);
    chosen = at === all.length - 1 ? undefined : all[at]?.step;
    onStep(chosen);
    draw();
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    play.setAttribute("aria-pressed", "false");
    play.textContent = "Play";
  };
  slider.addEventListener("input", () => {
    stop();
    choose(Number(slider.value));
  });
  play.addEventListener("click", () => {
    if (timer !== undefined) return stop();
    play.setAttribute("aria-pressed", "true");
    play.textContent = "Stop";
    if (Number(slider.value) >= all.length - 1) choose(0);
    timer = setInterval(() => {
      choose(Number(slider.value) + 1);
      if (Number(slider.value) >= all.length - 1) stop();
    }, PACE);
  });
  // Small grids keep their pixels.
  picture.addEventListener("load", () => {
    picture.style.imageRendering = picture.naturalWidth < 300 ? "pixelated" : "auto";
  });
  return {
    show({ samples, judged: counted }) {
      all = samples;
      judged = counted;
      figure.hidden = all.length === 0;
      find("no-samples").hidden = all.length > 0;
      slider.max = String(Math.max(0, all.length - 1));
      slider.disabled = all.length < 2;
      play.hidden = all.length < 2;
      const found = chosen === undefined ? -1 : all.findIndex(({ step }) => step >= chosen!);
      slider.value = String(found === -1 ? all.length - 1 : found);
      draw();
    },
  };
}
