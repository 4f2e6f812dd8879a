/** What `--folders` leaves of one image: everything that is known of its completion, in a folder of its own. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { encodeGif, enlarged, grid, type Image } from "@kintsugi/images";
import { encodeWebpFilm, writePng } from "@kintsugi/images/node";
import { writeFileWhole } from "@kintsugi/terminal";

/** All at the model's size. */
export interface ImageStory {
  readonly before: Image;
  readonly masked: Image;
  /** As the model paints it. */
  readonly hat: Image;
  /** Known pixels and the model's, unblended. */
  readonly unblended: Image;
  readonly blended: Image;
  /** The blended picture on the way there. */
  readonly frames: readonly Image[];
}

/** before.png, masked.png, hat.png, unblended.png, sheet.png and the films; the folder is made. */
export async function writeStory(folder: string, story: ImageStory): Promise<void> {
  const { before, masked, hat, unblended, blended, frames } = story;
  await mkdir(folder, { recursive: true });
  for (const [name, image] of Object.entries({ before, masked, hat, unblended })) {
    await writePng(join(folder, `${name}.png`), image);
  }
  await writePng(join(folder, "sheet.png"), grid([before, masked, unblended, blended].map(enlarged), 4));
  await writeFilms(folder, frames.map(enlarged));
}

/** completion.gif and completion.webp; the end stays a little longer. */
export async function writeFilms(folder: string, frames: readonly Image[]): Promise<void> {
  const film = [...frames, ...frames.slice(-1)];
  await writeFileWhole(join(folder, "completion.gif"), encodeGif(film));
  await writeFileWhole(join(folder, "completion.webp"), await encodeWebpFilm(film));
}
