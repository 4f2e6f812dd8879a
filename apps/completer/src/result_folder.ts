/**
 * What a run leaves on disk: a completed picture for each image, the losses, and grids of each batch. Every file is written
 * whole or not at all; losses.csv grows by whole lines.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Losses, masked, pixelate, type Snapshot } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { grid, type Image, unstack } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { type Csv, createCsv } from "@kintsugi/terminal";
import type { Batch } from "./complete.js";

const COLUMNS = ["image", "iteration", "contextual", "perceptual", "total"] as const;

export class ResultFolder {
  readonly #losses: Csv<(typeof COLUMNS)[number]>;

  /**
   * @param path an existing folder
   * @param batches with one, its grids lie in the folder itself; with several, in batch-01, batch-02 …
   * @param names of the images of all batches
   */
  constructor(
    readonly path: string,
    readonly config: DcganConfig,
    readonly batches: number,
    readonly names: readonly string[],
  ) {
    this.#losses = createCsv(join(path, "losses.csv"), COLUMNS, { flushEvery: 1024 });
  }

  /** before.png, masked.png, and lowres.png where block means are known. */
  async addBatch(batch: Batch): Promise<void> {
    const { size, channels } = this.config;
    const folder = this.folderOf(batch);
    await mkdir(join(folder, "completed"), { recursive: true });
    await mkdir(join(folder, "hats"), { recursive: true });
    const { values, masks } = batch;
    await writePng(join(folder, "before.png"), grid(this.images(values)));
    await writePng(join(folder, "masked.png"), grid(this.images(masked(values, masks))));
    const block = masks[0]?.means?.block;
    if (block === undefined) return;
    await writePng(join(folder, "lowres.png"), grid(this.images(pixelate(values, size, channels, block))));
  }

  /** completed/NNNN.png and hats/NNNN.png. */
  async addSnapshot(batch: Batch, { iteration, hats, completed }: Snapshot): Promise<void> {
    const file = `${String(iteration).padStart(4, "0")}.png`;
    const folder = this.folderOf(batch);
    await writePng(join(folder, "completed", file), grid(this.images(completed)));
    await writePng(join(folder, "hats", file), grid(this.images(hats)));
  }

  /** NAME.completed.png of each image of a batch; returns their paths. */
  async addResults({ first }: Batch, { completed }: Snapshot): Promise<string[]> {
    const images = this.images(completed);
    const paths = images.map((_, i) => join(this.path, `${this.names[first + i]}.completed.png`));
    for (const [i, image] of images.entries()) await writePng(paths[i]!, image);
    return paths;
  }

  addLosses({ first }: Batch, losses: readonly Losses[]): void {
    for (const { iteration, contextual, perceptual, total } of losses) {
      total.forEach((value, i) => {
        this.#losses.row({
          image: this.names[first + i]!,
          iteration,
          contextual: contextual[i]!,
          perceptual: perceptual[i]!,
          total: value,
        });
      });
    }
    this.#losses.flush();
  }

  close(): void {
    this.#losses.close();
  }

  private folderOf({ index }: Batch): string {
    if (this.batches === 1) return this.path;
    return join(this.path, `batch-${String(index + 1).padStart(2, "0")}`);
  }

  private images(values: Float32Array): Image[] {
    const { size, channels } = this.config;
    return unstack(values, [values.length / (size * size * channels), size, size, channels]);
  }
}
