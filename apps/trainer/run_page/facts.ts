/** What of a run is words and numbers: its state, the numbers of its last steps, configuration and hardware. */
import type { CurveName, RunView } from "../src/report/run_view.js";

const whole = (value: number) => value.toLocaleString("en");

/** The state in words. */
export function stateOf({ state, step, steps }: RunView): string {
  const of = steps === undefined ? "" : ` of ${whole(steps)}`;
  if (state === "waiting") return "Waiting for the first step";
  if (state === "running") return `Training: step ${whole(step)}${of}`;
  return state === "finished" ? `Finished after ${whole(step)} steps` : `Stopped at step ${whole(step)}${of}`;
}

/** Until all steps are done or the time allowed is over; undefined where it cannot be told, or nothing goes on. */
export function secondsLeft({
  steps,
  step,
  seconds,
  state,
  maxSeconds = Number.POSITIVE_INFINITY,
}: RunView): number | undefined {
  if (steps === undefined || step === 0 || state !== "running") return undefined;
  return Math.min(((steps - step) * seconds) / step, Math.max(0, maxSeconds - seconds));
}

/** The row of numbers above the pictures. */
export function drawNumbers(place: HTMLElement, run: RunView): void {
  const { curves, best, seconds, epoch, step } = run;
  const recent = (name: CurveName) => {
    const found = curves.values[name]
      .slice(-Math.max(1, Math.ceil(50 / curves.stepsPerPoint)))
      .filter((v) => v !== null);
    return found.length === 0 ? undefined : found.reduce((sum, value) => sum + value, 0) / found.length;
  };
  const fixed = (name: CurveName, digits = 3) => recent(name)?.toPrecision(digits);
  const wait = recent("gpu_wait");
  const left = secondsLeft(run);
  const tiles: readonly (readonly [name: string, value: string | undefined, more?: string | undefined])[] = [
    ["D's loss", fixed("d_loss")],
    ["G's loss", fixed("g_loss")],
    ["D(x)", fixed("d_real", 2)],
    ["D(G(z))", fixed("d_fake", 2)],
    ["Best score", best?.score.toFixed(1), best ? `step ${whole(best.step)}` : undefined],
    ["Images a second", fixed("images_per_second")],
    ["Device waits", wait === undefined ? undefined : `${(100 * wait).toFixed(1)} %`],
    ["Epoch", step > 0 ? whole(epoch + 1) : undefined],
    ["Time", step > 0 ? duration(seconds) : undefined, left === undefined ? undefined : `${duration(left)} left`],
  ];
  place.hidden = step === 0;
  place.replaceChildren(
    ...tiles.flatMap(([name, value, more]) => {
      if (value === undefined) return [];
      const small = document.createElement("small");
      small.textContent = more === undefined ? "" : ` ${more}`;
      const tile = document.createElement("div");
      const term = document.createElement("dt");
      term.textContent = name;
      const number = document.createElement("dd");
      number.append(value, small);
      tile.append(term, number);
      return [tile];
    }),
  );
}

/** Settings that describe the networks and the images; the others are of the training. */
const NETWORKS = ["size", "channels", "nz", "z", "ngf", "ndf", "kernel"];
const IMAGES = ["data", "images", "validation", "limit", "crop", "flip", "fingerprint"];

export function drawFacts(place: HTMLElement, { settings, hardware }: RunView): void {
  const names = Object.keys(settings);
  const some = (wanted: readonly string[]) => wanted.filter((name) => name in settings);
  const rest = names.filter((name) => !NETWORKS.includes(name) && !IMAGES.includes(name));
  const of = (list: readonly string[]) => list.map((name) => [flagOf(name), inWords(settings[name])] as const);
  place.replaceChildren(
    ...card("Networks", of(some(NETWORKS))),
    ...card("Training", of(rest)),
    ...card("Images", of(some(IMAGES))),
    ...card("Hardware", Object.entries(hardware)),
  );
}

function card(title: string, pairs: readonly (readonly [string, string])[]): HTMLElement[] {
  if (pairs.length === 0) return [];
  const section = document.createElement("section");
  section.className = "card";
  const heading = document.createElement("h3");
  heading.textContent = title;
  const list = document.createElement("dl");
  for (const [name, value] of pairs) {
    const term = document.createElement("dt");
    term.textContent = name;
    const text = document.createElement("dd");
    text.textContent = value;
    list.append(term, text);
  }
  section.append(heading, list);
  return [section];
}

/** A setting by the name of its option: gSteps → g-steps. */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
