/** Where training images come from: a folder, or the built-in toy faces. */
import type { DcganConfig } from "@kintsugi/dcgan";
import { loadFolder } from "@kintsugi/images/node";
import type { Reporter } from "@kintsugi/terminal";
import type { TrainingImages } from "./train.js";

/** Faces in the built-in set. */
const TOY_COUNT = 4096;
/** The toy set does not depend on the run's seed: it is a data set like any other. */
const TOY_SEED = 1;

export interface LoadedImages extends TrainingImages {
  /** For the model's metadata. */
  readonly credit: string;
}

/** @param from a folder, or "toy" */
export async function loadImages(
  from: string,
  { size, channels }: DcganConfig,
  limit: number | undefined,
  reporter: Reporter,
): Promise<LoadedImages> {
  if (from === "toy") {
    // Loaded late: the face library takes a fifth of a second.
    const { TOY_CREDIT, toyFaces } = await import("@kintsugi/images/toy");
    const count = Math.min(limit ?? TOY_COUNT, TOY_COUNT);
    reporter.say(`drawing ${count} toy faces of ${size}×${size}`);
    const bytes = toyFaces({ seed: TOY_SEED, count, size });
    return { count, bytes: channels === 1 ? greyed(bytes) : bytes, credit: TOY_CREDIT };
  }
  const progress = reporter.progress({ label: "reading", total: limit ?? 1 });
  try {
    const folder = await loadFolder(from, {
      size,
      channels: channels as 1 | 3,
      ...(limit === undefined ? {} : { limit }),
      onProgress: (done) => progress.update(done),
      onSkip: ({ name, reason }) => reporter.warn(`skipped ${name}: ${reason}`),
    });
    for (const { change, count } of folder.adjusted.slice(0, 3)) reporter.say(`${count} images: ${change}`);
    return { count: folder.names.length, bytes: folder.images, credit: "" };
  } finally {
    progress.stop();
  }
}

/** Rec. 601 luma. */
function greyed(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
  );
}
