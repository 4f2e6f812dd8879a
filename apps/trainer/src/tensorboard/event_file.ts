/**
 * TensorBoard's event file of a run: scalars, sample grids, histograms of weights and of what D believes. It only grows, by whole records, so that
 * a kill costs the last record at most, which readers pass over. Each start of a run makes a file of its own.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openGrowing } from "@kintsugi/files";
import { histogramOf } from "./histogram.js";
import { event, fileVersion, histogram, image, type Said, scalar, sessionStart, summary } from "./message.js";
import { record } from "./record.js";

/** What a scalar of metrics.csv is called in TensorBoard, which makes a group of what comes before the slash. */
const TAGS = {
  d_loss: "loss/D",
  d_loss_real: "loss/D on real images",
  d_loss_fake: "loss/D on samples",
  g_loss: "loss/G",
  d_real: "probability/D(x)",
  d_fake: "probability/D(G(z))",
  d_gradient: "gradient norm/D",
  g_gradient: "gradient norm/G",
  lr: "training/learning rate",
  swd: "score/SWD",
  frechet: "score/Frechet distance",
  images_per_second: "speed/images per second",
  gpu_wait: "speed/share of time the device waits",
} as const;

export type ScalarName = keyof typeof TAGS;

export interface EventFile {
  /** Adds one event with the scalars that have a value. */
  scalars(step: number, row: Readonly<Partial<Record<ScalarName, number | string>>>): void;
  /** Adds a sample grid. */
  samples(step: number, png: Uint8Array, size: { width: number; height: number; channels: number }): void;
  /** Adds a histogram of each of some sets of numbers. */
  histograms(step: number, sets: Iterable<readonly [name: string, values: Float32Array]>): void;
  close(): void;
}

/**
 * Makes the next event file in a folder.
 *
 * @param start steps done before: what earlier files say of later ones is taken back
 */
export function createEventFile(folder: string, start: number): EventFile {
  const file = openGrowing(join(folder, nextName(folder)), "wx");
  const add = (step: number, said: Said) => {
    file.add(record(event(Date.now() / 1000, step, said)));
  };
  add(0, fileVersion());
  add(start + 1, sessionStart());
  return {
    scalars(step, row) {
      const values = (Object.keys(TAGS) as ScalarName[]).flatMap((name) => {
        const value = row[name];
        return value === undefined || value === "" ? [] : scalar(TAGS[name], Number(value));
      });
      add(step, summary(values));
    },
    samples(step, png, size) {
      add(step, summary([image("samples", { ...size, png })]));
    },
    histograms(step, sets) {
      const values = [...sets].flatMap(([name, numbers]) => {
        const found = histogramOf(numbers);
        return found ? histogram(name, found) : [];
      });
      add(step, summary(values));
    },
    close() {
      file.close();
    },
  };
}

/** TensorBoard reads the files of a folder in the order of their names, so a later one needs a later second. */
function nextName(folder: string): string {
  const seconds = readdirSync(folder).map((name) => Number(/^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? 0));
  const now = Math.max(Math.floor(Date.now() / 1000), ...seconds.map((before) => before + 1));
  return `events.out.tfevents.${now}.kintsugi`;
}
