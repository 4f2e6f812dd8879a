/** Progress of a run over known steps: a bar on a terminal, a plain line now and then elsewhere. */
import { MultiBar } from "cli-progress";
import { createRate } from "./rate.js";
import { duration, type Output } from "./text.js";

export interface ProgressOptions {
  /** What is being done, e.g. "training". */
  readonly label: string;
  /** The number of the last step. */
  readonly total: number;
  /** The number of steps done before, in a run that is taken up again. */
  readonly start?: number;
  /** Seconds after which the run ends in any case. */
  readonly seconds?: number;
}

type Values = Readonly<Record<string, number | string>>;

export interface ProgressUpdate {
  /** Images worked through since the last update; without it no images/s are shown. */
  readonly images?: number;
  /** What else to show, by name: numbers such as the losses, or text as it stands. */
  readonly values?: Values;
}

export interface Pace {
  /** Moving average; undefined until two updates are known, or where images are not counted. */
  readonly imagesPerSecond: number | undefined;
  /** Estimate from the moving average of the steps, and from the time allowed; undefined until two updates are known. */
  readonly secondsLeft: number | undefined;
}

export interface Progress {
  /** Says that `step` steps are done; returns the pace, also for `--json`. */
  update(step: number, update?: ProgressUpdate): Pace;
  /** Writes a line without disturbing the bar. */
  above(line: string): void;
  /** Ends the display. */
  stop(): void;
}

/** Where and how progress is shown. */
export interface Display {
  readonly stderr: Output;
  readonly quiet: boolean;
  /** Between two plain lines. */
  readonly everySeconds: number;
}

/** Starts the display; the reporter calls it. */
export function startProgress(options: ProgressOptions, display: Display): Progress {
  const { total, start = 0, seconds = Number.POSITIVE_INFINITY } = options;
  const began = performance.now();
  const steps = createRate();
  const images = createRate();
  steps.add(0);
  images.add(0);
  const view = display.quiet ? silent(display) : display.stderr.isTTY ? bar(options, display) : lines(options, display);
  let before = start;
  return {
    update(step, { images: count, values = {} } = {}) {
      steps.add(step - before);
      if (count !== undefined) images.add(count);
      before = step;
      const rate = steps.perSecond();
      const untilEnd = Math.max(0, seconds - (performance.now() - began) / 1000);
      const pace = {
        imagesPerSecond: count === undefined ? undefined : images.perSecond(),
        secondsLeft: rate ? Math.min((total - step) / rate, untilEnd) : undefined,
      };
      view.show(step, describe(pace, values));
      return pace;
    },
    above: view.above,
    stop: view.stop,
  };
}

interface View {
  show(step: number, text: string): void;
  above(line: string): void;
  stop(): void;
}

function describe({ imagesPerSecond, secondsLeft }: Pace, values: Values): string {
  const shown = (value: number | string) => (typeof value === "string" ? value : value.toPrecision(4));
  const parts = Object.entries(values).map(([name, value]) => `${name} ${shown(value)}`);
  if (imagesPerSecond !== undefined)
    parts.unshift(`${imagesPerSecond.toFixed(imagesPerSecond < 100 ? 1 : 0)} images/s`);
  if (secondsLeft !== undefined) parts.unshift(`${duration(secondsLeft)} left`);
  return parts.join(", ");
}

function silent({ stderr }: Display): View {
  return { show() {}, stop() {}, above: (line) => void stderr.write(`${line}\n`) };
}

function lines({ label, total }: ProgressOptions, { stderr, everySeconds }: Display): View {
  let last = Number.NEGATIVE_INFINITY;
  let pending: string | undefined;
  const flush = () => {
    if (pending !== undefined) stderr.write(pending);
    pending = undefined;
    last = performance.now();
  };
  return {
    show(step, text) {
      pending = `${label} ${step}/${total}${text === "" ? "" : `: ${text}`}\n`;
      if (performance.now() - last >= everySeconds * 1000) flush();
    },
    above: (line) => void stderr.write(`${line}\n`),
    stop: flush,
  };
}

function bar({ label, total, start = 0 }: ProgressOptions, { stderr }: Display): View {
  // A MultiBar of one: unlike the SingleBar it can print lines above itself.
  const display = new MultiBar({
    stream: stderr,
    format: `${label} {bar} {value}/{total} {text}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    // Cut at the terminal's edge rather than let the bar run over several lines.
    linewrap: true,
    forceRedraw: true,
    // Ctrl-C belongs to the command, which first writes its checkpoint.
    gracefulExit: false,
  });
  const shown = display.create(total, start, { text: "" });
  const stop = () => {
    if (!running.delete(stop)) return;
    process.off("exit", stop);
    display.stop();
  };
  running.add(stop);
  process.on("exit", stop);
  return {
    stop,
    show: (step, text) => void shown.update(step, { text }),
    above(line) {
      display.log(`${line}\n`);
      display.update();
    },
  };
}

const running = new Set<() => void>();

/** Ends bars that an error left running: they would hide the cursor and keep the process alive. */
export function stopRunningBars(): void {
  for (const stop of [...running]) stop();
}
