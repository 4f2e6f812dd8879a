/** Where the images of a run come from, with their masks: squares of the model's size, or squares of whole pictures. */

import { type Blend, type Mask, masks, type Pictures } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { type Affine, bytesToValues, type Channels, ImageError } from "@kintsugi/images";
import { type Picture, readPicture } from "@kintsugi/images/node";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";
import { type FaceFinder, type FaceOptions, openFaces } from "./faces.js";
import { existing, loadImages, resultNames } from "./load_images.js";
import { type MaskKind, type MaskOptions, missingIn, openMask, paintedMask } from "./mask_option.js";
import { openScene, type Region, type Scene } from "./scene.js";

export interface SourceOptions extends MaskOptions, FaceOptions {
  readonly region?: Region;
  readonly blend: Blend;
}

export interface Source {
  readonly names: readonly string[];
  readonly pictures: Pictures;
  /** Files that were passed over. */
  readonly skipped: number;
  /** Side of the blocks whose means are known, for a low-resolution mask. */
  readonly block?: number;
  /** The whole picture with its region completed by G(z), where a region was asked for. */
  readonly paste?: (image: number, hat: Float32Array) => Promise<Picture>;
}

/** Throws CommandError: usage for a mask that fits nothing, data set where no image is left. */
export async function openSource(
  paths: readonly string[],
  options: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const kind = await openMask(options, config.size);
  checkPlace(kind, options);
  const faces = await openFaces(options, config.size);
  const scenes = options.region !== undefined || faces || kind.by === "pixels";
  return scenes
    ? openScenes(paths, kind, options, faces, config, reporter)
    : openSquares(paths, kind, options, config, reporter);
}

/** Throws CommandError (usage) for options of which one leaves no meaning to another. */
function checkPlace(kind: MaskKind, { mask, region, landmarks }: SourceOptions): void {
  const usage = (message: string) => new CommandError(message, exitCodes.usage);
  if (region !== undefined && landmarks !== undefined) {
    throw usage("--region says where to complete, and --landmarks too: give one of them");
  }
  if (kind.by !== "word") return;
  if (region === "auto") {
    const why = `--region auto looks for the hole, which --mask ${mask} puts into the region`;
    throw usage(`${why}. Give the region as x,y,side,side`);
  }
  if (kind.block !== undefined && (region !== undefined || landmarks !== undefined)) {
    throw usage(
      `--mask ${mask} knows means of whole blocks alone, at the model's size: leave out --region and --landmarks`,
    );
  }
}

async function openSquares(
  paths: readonly string[],
  kind: Exclude<MaskKind, { by: "pixels" }>,
  options: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  // A mask file that cannot be read is worth knowing before the images are.
  const painted = new Map<string, Mask>();
  const paint = async (file: string) => {
    const mask = painted.get(file) ?? (await paintedMask(file, config.size, options, reporter));
    painted.set(file, mask);
    return mask;
  };
  const files = await loadImages(paths, config, reporter);
  const own = kind.by === "file" ? await Promise.all(files.paths.map((path) => paint(kind.of(path)))) : [];
  const stride = config.size ** 2 * config.channels;
  const pictures: Pictures = {
    count: files.names.length,
    values: (first, count) => bytesToValues(files.bytes.subarray(first * stride, (first + count) * stride)),
    mask: kind.by === "word" ? kind.of : (image) => own[image]!,
  };
  const block = kind.by === "word" ? kind.block : undefined;
  return { names: files.names, pictures, skipped: files.skipped, ...(block === undefined ? {} : { block }) };
}

async function openScenes(
  paths: readonly string[],
  kind: MaskKind,
  options: SourceOptions,
  faces: FaceFinder | undefined,
  { size, channels: count }: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const model = { size, channels: count as Channels };
  const found = await existing(paths, reporter);
  const open = async (path: string, image: number, face: Affine | undefined): Promise<Scene> => {
    const picture = await readPicture(path);
    const hole = kind.by === "word" ? kind.of(image) : await missingIn(picture, path, kind, options);
    return openScene(picture, hole, face ?? options.region, model);
  };
  const opened: { path: string; face: Affine | undefined; values: Float32Array; mask: Mask }[] = [];
  const skips: string[] = [];
  for (const path of found.paths) {
    try {
      const face = await faces?.(path);
      const scene = await open(path, opened.length, face);
      const small = await scene.shrink();
      if (masks.missing(small.mask) === 0) reporter.warn(`${path}: nothing is missing`);
      if (face && scene.beyond > 0) {
        const share = Math.ceil(100 * scene.beyond);
        reporter.warn(`${path}: ${share} % of what is missing lies beyond the face, and is filled smoothly`);
      }
      opened.push({ path, face, ...small });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const reason = error.message.startsWith(path) ? error.message : `${path}: ${error.message}`;
      skips.push(reason);
      reporter.warn(`skipped ${reason}`);
      reporter.emit({ t: "skip", image: path, reason });
    }
  }
  if (opened.length === 0) throw new CommandError(`no image to complete: ${skips[0]}`, exitCodes.dataSet);
  return {
    names: resultNames(opened.map(({ path }) => path)),
    skipped: found.skipped + skips.length,
    pictures: {
      count: opened.length,
      values: (first, number) => joined(opened.slice(first, first + number).map(({ values }) => values)),
      mask: (image) => opened[image]!.mask,
    },
    ...(kind.by === "word" && kind.block !== undefined ? { block: kind.block } : {}),
    ...(options.region === undefined && !faces
      ? {}
      : {
          // Read again: a folder of photographs need not fit in memory.
          async paste(image, hat) {
            const { path, face } = opened[image]!;
            return (await open(path, image, face)).paste(hat, options.blend);
          },
        }),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const stride = parts[0]?.length ?? 0;
  const whole = new Float32Array(parts.length * stride);
  parts.forEach((part, i) => {
    whole.set(part, i * stride);
  });
  return whole;
}
