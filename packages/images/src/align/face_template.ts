/**
 * Where landmarks of a face belong in an aligned image. Source: OpenFace's align_dlib, the mean of 68 landmarks (iBUG
 * order from 0), scaled to span [0, 1] in each axis. The points of the two affine templates, and those that five-point
 * lists such as CelebA's mark.
 */
import { ImageError } from "../error.js";
import type { Point } from "./transform.js";

/** 68 points in iBUG order, or five: eyes, nose tip, mouth corners, each from the left of the image to the right. */
export type Landmarks = readonly Point[];

/** Two affine maps through three points each, and the nearest similarity through all that are known. */
export const FACE_TEMPLATES = ["innerEyesAndBottomLip", "outerEyesAndNose", "similarity"] as const;
export type FaceTemplate = (typeof FACE_TEMPLATES)[number];

/**
 * Where faces of one's own have the middles of their eyes, the nose tip and the mouth corners, each from the left of the image
 * to the right: five points as shares of the side. Taken as the nearest similarity.
 */
export type FacePoints = readonly [Point, Point, Point, Point, Point];

/** By iBUG index, as shares of the side. */
const MEAN_FACE = {
  outerEyeLeft: [36, 0.194157011, 0.169266918],
  innerEyeLeft: [39, 0.363784957, 0.177946864],
  innerEyeRight: [42, 0.618963152, 0.172778122],
  outerEyeRight: [45, 0.788859133, 0.158171147],
  noseBase: [33, 0.494950904, 0.514441355],
  bottomLip: [57, 0.500204004, 0.750584453],
} as const satisfies Record<string, readonly [index: number, x: number, y: number]>;

const { outerEyeLeft, innerEyeLeft, innerEyeRight, outerEyeRight, noseBase, bottomLip } = MEAN_FACE;
const SETS = {
  innerEyesAndBottomLip: [innerEyeLeft, innerEyeRight, bottomLip],
  outerEyesAndNose: [outerEyeLeft, outerEyeRight, noseBase],
  similarity: Object.values(MEAN_FACE),
} as const;

const between = (p: readonly number[], q: readonly number[]): Point => [(p[1]! + q[1]!) / 2, (p[2]! + q[2]!) / 2];
/** An eye is the middle of its corners; nose tip and mouth corners are the points 30, 48 and 54 of the same mean face. */
const FIVE: readonly Point[] = [
  between(outerEyeLeft, innerEyeLeft),
  between(innerEyeRight, outerEyeRight),
  [0.492094, 0.422107],
  [0.30711, 0.64185],
  [0.665023, 0.639559],
];

/** What kind of landmark list a face comes with decides how it is aligned unless one asks. */
export const templateFor = (landmarks: Landmarks): FaceTemplate =>
  landmarks.length === FIVE.length ? "similarity" : "innerEyesAndBottomLip";

/** The landmarks that a template uses, and where they belong in an image of `size` pixels a side. Throws ImageError. */
export const pointPairs = (
  landmarks: Landmarks,
  template: FaceTemplate | FacePoints,
  size: number,
): { from: Point[]; to: Point[] } => {
  const scaled = ([x, y]: Point): Point => [x * size, y * size];
  if (typeof template !== "string") return { from: fiveOf(landmarks), to: template.map(scaled) };
  if (landmarks.length === FIVE.length) {
    if (template !== "similarity")
      throw new ImageError(`it has five landmarks, and ${template} takes 68; align by similarity`);
    return { from: [...landmarks], to: FIVE.map(scaled) };
  }
  checkCount(landmarks);
  const set = SETS[template];
  return { from: set.map(([index]) => landmarks[index]!), to: set.map(([, x, y]) => scaled([x, y])) };
};

const checkCount = ({ length }: Landmarks): void => {
  if (length !== 68) throw new ImageError(`it has ${length} landmarks; give 68 (iBUG order) or 5`);
};

/** The five points that `FacePoints` names. */
const fiveOf = (landmarks: Landmarks): Point[] => {
  if (landmarks.length === FIVE.length) return [...landmarks];
  checkCount(landmarks);
  const middle = (p: number, q: number): Point => {
    const [[px, py], [qx, qy]] = [landmarks[p]!, landmarks[q]!];
    return [(px + qx) / 2, (py + qy) / 2];
  };
  return [middle(36, 39), middle(42, 45), landmarks[30]!, landmarks[48]!, landmarks[54]!];
};

/** A template by its name, or ten shares of the side as `FacePoints`. Throws ImageError. */
export const parseFaceTemplate = (text: string): FaceTemplate | FacePoints => {
  const named = FACE_TEMPLATES.find((name) => name === text);
  if (named) return named;
  try {
    return parseFacePoints(text);
  } catch (error) {
    throw new ImageError(`give ${FACE_TEMPLATES.join(", ")}, or points: ${(error as Error).message}`);
  }
};

/** Ten numbers, x,y,x,y …, as `FacePoints`. Throws ImageError. */
export const parseFacePoints = (text: string): FacePoints => {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== 10 || !numbers.every((share) => share >= -1 && share <= 2))
    throw new ImageError(
      "give ten shares of the side, x,y of left eye, right eye, nose tip, left and right mouth corner, separated by commas",
    );
  return Array.from({ length: 5 }, (_, i): Point => [numbers[2 * i]!, numbers[2 * i + 1]!]) as unknown as FacePoints;
};
