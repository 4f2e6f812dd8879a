/** Which of several faces is meant. */
import { ImageError } from "../error.js";
import type { Landmarks } from "./face_template.js";

/**
 * The largest of one face or more, by the area of the box around its landmarks, as OpenFace takes the largest box. Throws
 * ImageError where none of its landmarks lies in the picture.
 */
export const largestFace = (
  faces: readonly Landmarks[],
  { width, height }: { readonly width: number; readonly height: number },
): Landmarks => {
  const span = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const area = (face: Landmarks) => span(face.map(([x]) => x)) * span(face.map(([, y]) => y));
  const [face] = [...faces].sort((a, b) => area(b) - area(a)) as [Landmarks, ...Landmarks[]];
  const inside = face.some(([x, y]) => x >= 0 && y >= 0 && x < width && y < height);
  if (!inside) throw new ImageError(`its landmarks lie outside of its ${width}×${height} pixels`);
  return face;
};
