/** Where the images of a run come from, with their masks: pictures that keep their size, or squares of the model's. */
import type { Blend, Pictures } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { type Affine, bytesToValues, type Channels, ImageError, type Picture } from "@kintsugi/images";
import { pictureSize, readPicture, resample } from "@kintsugi/images/node";
import {
  checkProportions,
  type Fill,
  type Mask,
  type MaskRule,
  masks,
  openScene,
  type Region,
  type Scene,
} from "@kintsugi/scene";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";
import { type FaceFinder, type FaceOptions, openFaces } from "./faces.js";
import { existing, loadImages, resultNames, skip } from "./load_images.js";
import { type MaskFiles, type MaskKind, type MaskOptions, missingIn, openMask, remarks, usage } from "./mask_option.js";
import { tellRim } from "./rim_remarks.js";

export interface SourceOptions extends MaskOptions, FaceOptions {
  readonly region?: Region;
  /** The central square at the model's size, in place of the picture at its own. */
  readonly thumbnail: boolean;
  readonly grow: number | "auto";
  readonly blend: Blend;
}

export interface Source {
  readonly names: readonly string[];
  /** Of the files, in their order. */
  readonly paths: readonly string[];
  readonly pictures: Pictures;
  /** Files that were passed over. */
  readonly skipped: number;
  /** Side of the blocks whose means are known, for a low-resolution mask. */
  readonly block?: number;
  /** The whole picture with its hole completed by G(z), where pictures keep their size. */
  readonly paste?: (image: number, hat: Float32Array) => Promise<Picture>;
  /** The same, filled without a model. */
  readonly fill?: (image: number, kind: Fill) => Promise<Picture>;
}

/** Throws CommandError: usage for a mask that fits nothing, data set where no image is left. */
export async function openSource(
  paths: readonly string[],
  options: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const found = await existing(paths, reporter);
  const kind = await openMask(options, found.paths, reporter);
  checkRule(kind, config.size);
  if (kind.by === "file") await checkFiles(kind, found.paths);
  checkPlace(kind, options);
  const faces = await openFaces(options, config.size);
  const small = kind.by === "rule" && (options.thumbnail || kind.block !== undefined);
  return small && !faces && options.region === undefined
    ? openSquares(found, kind, options, config, reporter)
    : openScenes(found, kind, options, faces, config, reporter);
}

type Found = Awaited<ReturnType<typeof existing>>;

/** Throws CommandError (usage) for a rule that does not fit the model's size. */
function checkRule(kind: MaskKind, size: number): void {
  if (kind.by !== "rule") return;
  try {
    kind.of(size, { seed: 0 });
  } catch (error) {
    throw usage(`--mask ${(error as Error).message}`);
  }
}

/** Before anything is read: throws CommandError (usage) for masks that are no pictures, or of other proportions than theirs. */
async function checkFiles({ of }: MaskFiles, images: readonly string[]): Promise<void> {
  const sizes = new Map<string, Awaited<ReturnType<typeof pictureSize>>>();
  for (const image of images) {
    const mask = of(image);
    try {
      const size = sizes.get(mask) ?? (await pictureSize(mask));
      sizes.set(mask, size);
      // An image that cannot be read is passed over later, with its reason.
      const own = await pictureSize(image).catch(() => undefined);
      if (own) checkProportions(size, own);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const about = error.message.startsWith(mask) ? "the mask " : `${image}, ${mask}: `;
      throw usage(`${about}${error.message}`, error);
    }
  }
}

/** Throws CommandError (usage) for options of which one leaves no meaning to another. */
function checkPlace(kind: MaskKind, { mask, region, landmarks, thumbnail }: SourceOptions): void {
  if (region !== undefined && landmarks !== undefined) {
    throw usage("--region says where to complete, and --landmarks too: give one of them");
  }
  if (thumbnail && (region !== undefined || landmarks !== undefined)) {
    throw usage("--thumbnail completes the central square: leave out --region and --landmarks");
  }
  if (kind.by !== "rule") return;
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
  found: Found,
  { of, block }: MaskRule,
  { seed }: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const files = await loadImages(found, config, reporter);
  const stride = config.size ** 2 * config.channels;
  const pictures: Pictures = {
    count: files.names.length,
    values: (first, count) => bytesToValues(files.bytes.subarray(first * stride, (first + count) * stride)),
    mask: (image) => of(config.size, { seed, image }),
  };
  const { names, paths, skipped } = files;
  return { names, paths, pictures, skipped, ...(block === undefined ? {} : { block }) };
}

async function openScenes(
  found: Found,
  kind: MaskKind,
  options: SourceOptions,
  faces: FaceFinder | undefined,
  { size, channels: count }: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const model = { size, channels: count as Channels };
  // Where pixels are missing in the picture itself, the region around them is what is meant.
  const place = options.region ?? (options.thumbnail || kind.by === "rule" ? undefined : "auto");
  const open = async (
    path: string,
    image: number,
    face: Affine | undefined,
    said?: (line: string) => void,
  ): Promise<Scene> => {
    const picture = await readPicture(path);
    if (kind.by === "rule") {
      return openScene(picture, kind.of(size, { seed: options.seed, image }), {
        model,
        resample,
        place: face ?? place,
      });
    }
    const hole = await missingIn(picture, path, kind, options);
    const scene = openScene(picture, hole, { model, resample, place: face ?? place, grow: options.grow });
    if (said) for (const line of remarks(hole, kind, options.missing)) said(line);
    if (said) tellRim(picture, hole, scene, kind, options.grow, (line) => reporter.say(`${path}: ${line}`), said);
    return scene;
  };
  const opened: { path: string; face: Affine | undefined; values: Float32Array; mask: Mask }[] = [];
  const skips: string[] = [];
  for (const path of found.paths) {
    try {
      const face = await faces?.(path);
      const scene = await open(path, opened.length, face, (line) => reporter.warn(`${path}: ${line}`));
      const small = await scene.shrink();
      if (masks.missing(small.mask) === 0 && kind.by === "rule" && options.mask !== "full") {
        reporter.warn(`${path}: nothing is missing`);
      }
      if (scene.beyond > 0 && !options.thumbnail && (face || options.region === undefined)) {
        const share = Math.ceil(100 * scene.beyond);
        const where = face ? "the face" : "the square that the model sees";
        reporter.warn(`${path}: ${share} % of what is missing lies beyond ${where}, and is filled smoothly`);
      }
      opened.push({ path, face, ...small });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const reason = error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message;
      skips.push(`${path}: ${reason}`);
      skip(reporter, path, reason);
    }
  }
  if (opened.length === 0) throw new CommandError(`no image to complete: ${skips[0]}`, exitCodes.dataSet);
  const stayed = options.thumbnail;
  return {
    names: resultNames(opened.map(({ path }) => path)),
    paths: opened.map(({ path }) => path),
    skipped: found.skipped + skips.length,
    pictures: {
      count: opened.length,
      values: (first, number) => joined(opened.slice(first, first + number).map(({ values }) => values)),
      mask: (image) => opened[image]!.mask,
    },
    ...(stayed
      ? {}
      : {
          // Read again: a folder of photographs need not fit in memory.
          async paste(image: number, hat: Float32Array) {
            const { path, face } = opened[image]!;
            return (await open(path, image, face)).paste(hat, options.blend);
          },
          async fill(image: number, kind: Fill) {
            const { path, face } = opened[image]!;
            return (await open(path, image, face)).fill(kind);
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
