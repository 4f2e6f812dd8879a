/** `complete --method harmonic|biharmonic`: holes filled from what is around them, without any search. */
import { join } from "node:path";
import { type Fill, fill, masks } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { type Channels, fromBytes, valuesToBytes } from "@kintsugi/images";
import { writePicture, writePng } from "@kintsugi/images/node";
import { counted, type Reporter, writeFileWhole } from "@kintsugi/terminal";
import type { Source } from "./source.js";

export async function fillAll(
  kind: Fill,
  { names, pictures, fill: whole }: Source,
  { size, channels }: DcganConfig,
  out: string,
  options: object,
  reporter: Reporter,
): Promise<void> {
  const shown = reporter.progress({ label: "filling", total: names.length });
  const results: { image: string; path: string; missing: number }[] = [];
  for (const [image, name] of names.entries()) {
    const path = join(out, `${name}.completed.png`);
    const mask = pictures.mask(image);
    if (whole) await writePicture(path, await whole(image, kind));
    else {
      const values = fill(kind, pictures.values(image, 1), mask.pixels, [size, size, channels]);
      await writePng(path, fromBytes(valuesToBytes(values), size, size, channels as Channels));
    }
    const result = { image: name, path, missing: masks.missing(mask) / mask.pixels.length };
    results.push(result);
    reporter.emit({ t: "completed", ...result });
    shown.update(image + 1);
  }
  shown.stop();
  await writeFileWhole(
    join(out, "summary.json"),
    `${JSON.stringify({ options, images: names.length, results }, null, 2)}\n`,
  );
  reporter.emit({ t: "end", images: names.length, out });
  reporter.say(`${counted(names.length, "filled image")} in ${out}`);
}
