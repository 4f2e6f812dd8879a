/** Plane transforms between pixel coordinates, fitted to pairs of points. Pixel (0, 0) has its centre at (0, 0). */
import { ImageError } from "../error.js";

/** x to the right, y down, in pixels. */
export type Point = readonly [x: number, y: number];

/** x′ = a·x + b·y + c, y′ = d·x + e·y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const transformPoint = ([a, b, c, d, e, f]: Affine, [x, y]: Point): Point => [
  a * x + b * y + c,
  d * x + e * y + f,
];

/** Areas below this share of the squared extent of the points count as none. */
const FLAT = 1e-6;

/**
 * The one affine map that takes three points to three others (shear and unequal scaling allowed): what OpenCV calls
 * getAffineTransform. Throws ImageError where the three lie on a line.
 */
export const fitAffine = (from: readonly Point[], to: readonly Point[]): Affine => {
  const [p, q, r] = from;
  const [s, t, u] = to;
  if (!p || !q || !r || !s || !t || !u || from.length !== 3 || to.length !== 3)
    throw new ImageError(`fitAffine: ${from.length} and ${to.length} points; an affine map has three pairs`);
  const [qx, qy, rx, ry] = [q[0] - p[0], q[1] - p[1], r[0] - p[0], r[1] - p[1]];
  const area = qx * ry - qy * rx;
  const extent = Math.max(qx * qx + qy * qy, rx * rx + ry * ry);
  if (!(Math.abs(area) > FLAT * extent))
    throw new ImageError("its three landmarks lie on a line, as in a profile; align by similarity");
  const row = (axis: 0 | 1): [number, number, number] => {
    const [dq, dr] = [t[axis] - s[axis], u[axis] - s[axis]];
    const alongX = (dq * ry - dr * qy) / area;
    const alongY = (dr * qx - dq * rx) / area;
    return [alongX, alongY, s[axis] - alongX * p[0] - alongY * p[1]];
  };
  return [...row(0), ...row(1)];
};

/**
 * The turn, uniform scale and shift that take points nearest to others, by the sum of squared distances: with both sets
 * centred, a = Σ p·q / Σ |p|², d = Σ p×q / Σ |p|². Two points or more. Throws ImageError where all points are one.
 * Source: Umeyama 1991, in two dimensions and without mirrors.
 */
export const fitSimilarity = (from: readonly Point[], to: readonly Point[]): Affine => {
  if (from.length < 2 || from.length !== to.length)
    throw new ImageError(`fitSimilarity: ${from.length} and ${to.length} points; give two pairs or more`);
  const mean = (points: readonly Point[], axis: 0 | 1) => points.reduce((sum, p) => sum + p[axis], 0) / points.length;
  const [px, py, qx, qy] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
  let along = 0;
  let across = 0;
  let spread = 0;
  from.forEach((point, i) => {
    const [x, y, u, v] = [point[0] - px, point[1] - py, to[i]![0] - qx, to[i]![1] - qy];
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  });
  const [a, d] = [along / spread, across / spread];
  if (!(a * a + d * d > 0) || !Number.isFinite(a + d)) throw new ImageError("its landmarks are all at one place");
  return [a, -d, qx - a * px + d * py, d, a, qy - d * px - a * py];
};

/** The map back. Throws ImageError where the map is flat. */
export const invertAffine = ([a, b, c, d, e, f]: Affine): Affine => {
  const area = a * e - b * d;
  if (!(Math.abs(area) > 0)) throw new ImageError("its landmarks lie on a line; align by similarity");
  return [e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area];
};
