/**
 * What a run leaves on disk: completed pictures of each image, the losses, and sheets, grids and a film of each batch. Every
 * file is written whole or not at all; losses.csv grows by whole lines.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Batch } from "@kintsugi/completion";
import { type Losses, masked, masks as maskSet, pixelate, type Snapshot } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { enlarged, grid, type Image, unstack } from "@kintsugi/images";
import { writePicture, writePng } from "@kintsugi/images/node";
import { type Csv, createCsv, writeFileWhole } from "@kintsugi/terminal";
import { writeFilms, writeStory } from "./image_folder.js";
import type { Source } from "./source.js";

const COLUMNS = ["image", "iteration", "contextual", "perceptual", "total"] as const;

/** The most pictures of a film: beyond it every second one is left out, so that long searches fit in memory. */
const FRAMES = 64;

/** One image's completion. */
export interface Result {
  readonly image: string;
  readonly path: string;
  /** From the second best on. */
  readonly others?: readonly string[];
  /** Share of the model's pixels that are missing. */
  readonly missing: number;
  readonly iterations: number;
  readonly contextual: number;
  readonly perceptual: number;
  readonly total: number;
}

export interface ResultOptions {
  /** With one, its grids lie in the folder itself; with several, in batch-01, batch-02 … */
  readonly batches: number;
  /** Of the images of all batches. */
  readonly names: readonly string[];
  /** Gives the picture of its own size, where results are such. */
  readonly paste?: Source["paste"];
  /** Whether each image has a folder, images/NAME, with all that is known of it. */
  readonly folders?: boolean;
}

export class ResultFolder {
  readonly #losses: Csv<(typeof COLUMNS)[number]>;
  readonly #results: Result[] = [];
  /** Blended pictures of the whole batch. */
  #frames: Float32Array[] = [];
  #every = 1;
  #seen = 0;

  /** @param path an existing folder */
  constructor(
    readonly path: string,
    readonly config: DcganConfig,
    readonly options: ResultOptions,
  ) {
    this.#losses = createCsv(join(path, "losses.csv"), COLUMNS, { flushEvery: 1024 });
  }

  /** before.png, masked.png, and lowres.png where block means are known. */
  async addBatch(batch: Batch): Promise<void> {
    const { size, channels } = this.config;
    const folder = this.#folderOf(batch);
    await mkdir(join(folder, "completed"), { recursive: true });
    await mkdir(join(folder, "hats"), { recursive: true });
    const { values, masks } = batch;
    await writePng(join(folder, "before.png"), grid(this.#images(values)));
    await writePng(join(folder, "masked.png"), grid(this.#images(masked(values, masks))));
    [this.#frames, this.#every, this.#seen] = [[], 1, 0];
    const block = masks[0]?.means?.block;
    if (block === undefined) return;
    await writePng(join(folder, "lowres.png"), grid(this.#images(pixelate(values, size, channels, block))));
  }

  /** completed/NNNN.png and hats/NNNN.png. */
  async addSnapshot(batch: Batch, { iteration, hats, blended }: Snapshot): Promise<void> {
    const file = `${String(iteration).padStart(4, "0")}.png`;
    const folder = this.#folderOf(batch);
    await writePng(join(folder, "completed", file), grid(this.#images(blended)));
    await writePng(join(folder, "hats", file), grid(this.#images(hats)));
    if (this.#seen++ % this.#every !== 0) return;
    this.#frames.push(blended);
    if (this.#frames.length <= FRAMES) return;
    this.#frames = this.#frames.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** The completed picture of each image of a batch, with its other candidates; the batch's sheet.png and films. */
  async addResults(batch: Batch, candidates: readonly Snapshot[]): Promise<Result[]> {
    const { first, values, masks } = batch;
    const { names, paste, folders } = this.options;
    const [best] = candidates as readonly [Snapshot];
    const columns = [values, masked(values, masks), best.completed, best.blended].map((part) => this.#images(part));
    const frames = this.#frames.map((frame) => this.#images(frame));
    if (folders) {
      const hats = this.#images(best.hats);
      for (const i of masks.keys()) {
        const [before, known, unblended, blended] = columns.map((column) => column[i]!) as [Image, Image, Image, Image];
        const story = {
          before,
          masked: known,
          hat: hats[i]!,
          unblended,
          blended,
          frames: frames.map((all) => all[i]!),
        };
        await writeStory(this.#imageFolder(first + i), story);
      }
    }
    const paths = candidates.map(() => [] as string[]);
    for (const [place, { blended, hats }] of candidates.entries()) {
      const [pictures, painted] = [this.#images(blended), this.#images(hats)];
      for (const [i, picture] of pictures.entries()) {
        const file = `${place === 0 ? "completed" : `completed-${place + 1}`}.png`;
        const plain = join(this.path, `${names[first + i]}.${file}`);
        const path = folders ? join(this.#imageFolder(first + i), file) : plain;
        if (paste) await writePicture(path, await paste(first + i, painted[i]!.values));
        else await writePng(path, picture);
        paths[place]!.push(path);
      }
    }
    const rows = masks.flatMap((_, i) => columns.map((column) => column[i]!));
    const folder = this.#folderOf(batch);
    await writePng(join(folder, "sheet.png"), grid(rows.map(enlarged), columns.length));
    await writeFilms(
      folder,
      frames.map((all) => grid(all.map(enlarged))),
    );
    const made = masks.map((mask, i): Result => {
      const others = paths.slice(1).map((place) => place[i]!);
      const [contextual, perceptual, total] = [best.contextual[i]!, best.perceptual[i]!, best.total[i]!];
      return {
        ...{ image: this.options.names[first + i]!, path: paths[0]![i]!, ...(others.length > 0 ? { others } : {}) },
        ...{
          missing: maskSet.missing(mask) / mask.pixels.length,
          iterations: best.iteration,
          contextual,
          perceptual,
          total,
        },
      };
    });
    this.#results.push(...made);
    return made;
  }

  addLosses({ first }: Batch, losses: readonly Losses[]): void {
    for (const { iteration, contextual, perceptual, total } of losses) {
      total.forEach((value, i) => {
        this.#losses.row({
          image: this.options.names[first + i]!,
          iteration,
          contextual: contextual[i]!,
          perceptual: perceptual[i]!,
          total: value,
        });
      });
    }
    this.#losses.flush();
  }

  /** summary.json: what is given, and the result of every image. */
  async addSummary(of: Readonly<Record<string, unknown>>): Promise<void> {
    const text = `${JSON.stringify({ ...of, results: this.#results }, null, 2)}\n`;
    await writeFileWhole(join(this.path, "summary.json"), text);
  }

  close(): void {
    this.#losses.close();
  }

  #folderOf({ index }: Batch): string {
    if (this.options.batches === 1) return this.path;
    return join(this.path, `batch-${String(index + 1).padStart(2, "0")}`);
  }

  #imageFolder(image: number): string {
    return join(this.path, "images", this.options.names[image]!);
  }

  #images(values: Float32Array): Image[] {
    const { size, channels } = this.config;
    return unstack(values, [values.length / (size * size * channels), size, size, channels]);
  }
}
