/** Where the faces of pictures are, and how they are turned for a model: what `--landmarks` and `--template` mean. */
import {
  type Affine,
  alignment,
  type FacePoints,
  type FaceTemplate,
  ImageError,
  largestFace,
  templateFor,
} from "@kintsugi/images";
import {
  faceApiProvider,
  type LandmarkProvider,
  type Picture,
  readLandmarks,
  readPicture,
} from "@kintsugi/images/node";
import { isModelName, models, type ShippedModel } from "@kintsugi/models";

export interface FaceOptions {
  /** A file or folder of landmarks, or `auto`. */
  readonly landmarks?: string;
  readonly template?: FaceTemplate | FacePoints;
  /** A shipped model's name, or a file. */
  readonly model: string;
}

/** The map from the pixels of a picture to the model's, for its largest face. Throws ImageError where there is none. */
export type FaceFinder = (path: string, picture?: Picture) => Promise<Affine>;

/** Throws ImageError for landmarks that cannot be read. */
export async function openFaces(options: FaceOptions, size: number): Promise<FaceFinder | undefined> {
  if (options.landmarks === undefined) return undefined;
  const provider: LandmarkProvider = await (options.landmarks === "auto"
    ? faceApiProvider()
    : readLandmarks(options.landmarks));
  const own = templateOf(options);
  return async (path, opened) => {
    const picture = opened ?? (await readPicture(path));
    const faces = await provider.find(path, picture);
    if (faces.length === 0) throw new ImageError(`${provider.none}; give its landmarks, or a region instead`);
    const face = largestFace(faces, picture);
    return alignment(face, { size, template: own ?? templateFor(face) });
  };
}

/** Where the model has its faces: as was said, or as is known of a shipped one. */
export function templateOf({ template, model }: FaceOptions): FaceTemplate | FacePoints | undefined {
  return template ?? (isModelName(model) ? (models[model] as ShippedModel).face : undefined);
}
