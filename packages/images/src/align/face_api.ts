/**
 * Faces and their 68 landmarks by @vladmandic/face-api, an optional dependency that is loaded when it is asked for. Its
 * package brings the networks' weights along; they run on the processor, in plain JavaScript.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { ImageError } from "../error.js";
import type { Pixels } from "./align_face.js";
import type { Landmarks } from "./face_template.js";
import type { LandmarkProvider } from "./landmark_files.js";

/** What is used of the package; its own types need its other builds. */
interface FaceApi {
  readonly env: { monkeyPatch(env: { readFile(path: string): Promise<Buffer> }): void };
  readonly nets: Readonly<
    Record<"tinyFaceDetector" | "faceLandmark68Net", { loadFromDisk(dir: string): Promise<void> }>
  >;
  readonly tf: {
    env(): { set(flag: string, value: boolean): void };
    setBackend(name: string): Promise<boolean>;
    ready(): Promise<void>;
    tensor3d(values: Int32Array, shape: readonly number[], type: "int32"): { dispose(): void };
  };
  readonly TinyFaceDetectorOptions: new (options: { inputSize: number; scoreThreshold: number }) => object;
  detectAllFaces(
    input: object,
    options: object,
  ): { withFaceLandmarks(): Promise<readonly { landmarks: { positions: readonly { x: number; y: number }[] } }[]> };
}

const PACKAGE = "@vladmandic/face-api";
/** Sides that the detector looks at a picture in, multiples of 32: large faces are found at the first, small ones later. */
const LOOKS = [160, 320, 608];
/** Around the picture: the detector misses faces that fill it. */
const MARGIN = 0.2;
/** No landmark needs more pixels than this a side. */
const MOST = 1024;

export interface FaceApiOptions {
  /** How sure the detector must be of a face, in (0, 1). Default 0.5. */
  readonly confidence?: number;
}

/** Loads the package and its weights. Throws ImageError that says how to install it. */
export const faceApiProvider = async ({ confidence = 0.5 }: FaceApiOptions = {}): Promise<LandmarkProvider> => {
  const api = await load();
  return { none: "no face found", find: (_name, pixels) => findFaces(api, pixels, confidence) };
};

const load = async (): Promise<FaceApi> => {
  let models: string;
  try {
    models = join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), "model");
  } catch (error) {
    throw new ImageError(
      `finding faces takes ${PACKAGE}, which is not installed: npm install ${PACKAGE}@1.7.15, or give a file of landmarks`,
      { cause: error },
    );
  }
  try {
    const api = await importForBrowsers();
    api.env.monkeyPatch({ readFile });
    // It would recommend its native build, which is another download.
    api.tf.env().set("IS_NODE", false);
    await api.tf.setBackend("cpu");
    await api.tf.ready();
    await api.nets.tinyFaceDetector.loadFromDisk(models);
    await api.nets.faceLandmark68Net.loadFromDisk(models);
    return api;
  } catch (error) {
    throw new ImageError(`${PACKAGE} does not run here (${(error as Error).message}); give a file of landmarks`, {
      cause: error,
    });
  }
};

/** The build that has all it needs inside is made for browsers: its TensorFlow.js looks for `window.document`, once. */
const importForBrowsers = async (): Promise<FaceApi> => {
  const scope = globalThis as { window?: unknown };
  const own = Object.getOwnPropertyDescriptor(scope, "window");
  scope.window = { document: {} };
  try {
    const build: string = `${PACKAGE}/dist/face-api.esm.js`;
    return (await import(build)) as FaceApi;
  } finally {
    if (own) Object.defineProperty(scope, "window", own);
    else delete scope.window;
  }
};

const findFaces = async (
  api: FaceApi,
  { width, height, channels, bytes }: Pixels,
  confidence: number,
): Promise<Landmarks[]> => {
  const side = Math.max(width, height);
  const scale = Math.min(1, MOST / side);
  const margin = Math.round(side * scale * MARGIN);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const raw = { width, height, channels: channels as 1 | 3 };
  const small = await sharp(bytes, { raw }).resize(w, h, { fit: "fill" }).toColourspace("srgb").png().toBuffer();
  const { data: pixels, info: size } = await sharp(small)
    .extend({ top: margin, bottom: margin, left: margin, right: margin, extendWith: "copy" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const rgb = size.channels === 3 ? Int32Array.from(pixels) : threefold(pixels);
  const input = api.tf.tensor3d(rgb, [size.height, size.width, 3], "int32");
  try {
    for (const inputSize of LOOKS) {
      const options = new api.TinyFaceDetectorOptions({ inputSize, scoreThreshold: confidence });
      const faces = await api.detectAllFaces(input, options).withFaceLandmarks();
      if (faces.length === 0) continue;
      return faces.map(({ landmarks }) =>
        landmarks.positions.map(({ x, y }) => [((x - margin) * width) / w, ((y - margin) * height) / h] as const),
      );
    }
    return [];
  } finally {
    input.dispose();
  }
};

const threefold = (grey: Uint8Array): Int32Array =>
  Int32Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!);
