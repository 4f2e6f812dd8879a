/** A folder of pictures into a folder of aligned faces: which file becomes which, what is kept, what is skipped and why. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { ImageError } from "../error.js";
import { findSurvey, type ImageFile, type LeftOut } from "../files.js";
import type { Skipped } from "../folder.js";
import type { Picture } from "../image.js";
import { inOrder } from "../ordered.js";
import { readPicture, writePicture } from "../picture.js";
import { alignFace } from "./align_face.js";
import { largestFace } from "./face_choice.js";
import { type FacePoints, type FaceTemplate, type Landmarks, templateFor } from "./face_template.js";
import type { LandmarkProvider } from "./landmark_files.js";

export interface AlignFolderOptions {
  readonly size: number;
  /** Default: innerEyesAndBottomLip for 68 landmarks, similarity for five. */
  readonly template?: FaceTemplate | FacePoints;
  /** Default true: see `alignFace`. */
  readonly smooth?: boolean;
  /** Pass over pictures of more than one face, instead of taking the largest. Default false. */
  readonly skipMulti?: boolean;
  /** Make files anew that exist. Default false. */
  readonly overwrite?: boolean;
  readonly limit?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSkip?: (skipped: Skipped) => void;
  /** Ends the work after the files at hand; what was done is returned. */
  readonly signal?: AbortSignal;
}

export interface Aligned {
  /** Files that there are to align. */
  readonly total: number;
  /** Written now. */
  readonly aligned: string[];
  /** Were there already. */
  readonly kept: string[];
  readonly skipped: Skipped[];
  /** What is no picture by its name. */
  readonly leftOut: LeftOut;
}

type Outcome = { readonly done: "aligned" | "kept" } | { readonly reason: string };

/**
 * Aligns the images of a folder and its sub-folders; `a/b.jpg` becomes `a/b.png`. Each file is written whole, so the work
 * may be broken off anywhere and taken up by calling this again. Throws ImageError for a folder without images.
 */
export const alignFolder = async (
  input: string,
  output: string,
  provider: LandmarkProvider,
  options: AlignFolderOptions,
): Promise<Aligned> => {
  const survey = await findSurvey(input);
  const files = survey.files.slice(0, options.limit);
  const targets = new Map<string, string>();
  const target = (name: string) => `${name.slice(0, name.length - extname(name).length)}.png`;
  for (const { name } of files) if (!targets.has(target(name))) targets.set(target(name), name);

  const result: Aligned = { total: files.length, aligned: [], kept: [], skipped: [], leftOut: survey.leftOut };
  const work = async (file: ImageFile): Promise<Outcome | undefined> => {
    if (options.signal?.aborted) return undefined;
    const first = targets.get(target(file.name));
    if (first !== file.name) return { reason: `${first} already becomes ${target(file.name)}; rename one of the two` };
    return alignFile(file, join(output, target(file.name)), provider, options);
  };
  let done = 0;
  for await (const outcome of inOrder(files, work)) {
    const { name } = files[done]!;
    if (!outcome) break;
    if ("reason" in outcome) {
      result.skipped.push({ name, reason: outcome.reason });
      options.onSkip?.({ name, reason: outcome.reason });
    } else result[outcome.done].push(name);
    options.onProgress?.(++done, files.length);
  }
  return result;
};

const alignFile = async (
  { name, path }: ImageFile,
  target: string,
  provider: LandmarkProvider,
  options: AlignFolderOptions,
): Promise<Outcome> => {
  if (!options.overwrite && (await exists(target))) return { done: "kept" };
  let picture: Picture;
  try {
    picture = await readPicture(path);
  } catch (error) {
    return { reason: (error as Error).message.replace(`${path}: `, "") };
  }
  const faces = await provider.find(name, picture);
  if (faces.length === 0) return { reason: provider.none };
  if (options.skipMulti && faces.length > 1) return { reason: `${faces.length} faces` };
  let aligned: Picture;
  try {
    aligned = alignPicture(picture, largestFace(faces, picture), options);
  } catch (error) {
    if (error instanceof ImageError) return { reason: error.message };
    throw error;
  }
  // Disk full and the like end all.
  await mkdir(dirname(target), { recursive: true });
  await writePicture(target, aligned);
  return { done: "aligned" };
};

const alignPicture = (picture: Picture, face: Landmarks, { size, template, smooth }: AlignFolderOptions): Picture => {
  const how = { size, template: template ?? templateFor(face), ...(smooth === undefined ? {} : { smooth }) };
  const { width, height, channels, alpha, icc } = picture;
  return {
    width: size,
    height: size,
    channels,
    bytes: alignFace(picture, face, how),
    ...(alpha ? { alpha: alignFace({ width, height, channels: 1, bytes: alpha }, face, how) } : {}),
    ...(icc ? { icc } : {}),
  };
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
