/** The same in two dimensions: contours of a normal density whose coordinates belong together, and its samples. */
import { axis, COLORS, dot, drawing, path, text } from "./drawing.js";

/** Correlation of the two coordinates, each of deviation 1: pixels that are next to each other are correlated too. */
const RHO = 0.7;
const RANGE = 4;
/** Distances in deviations. A contour at r encloses 1 − exp(−r²/2) of the distribution: 39 %, 86 %, 99 %. */
export const CONTOURS = [1, 2, 3] as const;

/** Two independent normal numbers as two correlated ones: (u, ρu + √(1−ρ²)·v). A circle of radius r becomes the contour at r. */
export function correlate(u: number, v: number): readonly [x: number, y: number] {
  return [u, RHO * u + Math.sqrt(1 - RHO * RHO) * v];
}

/** @param normals two numbers of N(0, 1) for each point */
export function drawNormal2d(normals: ArrayLike<number>): string {
  const side = 320;
  const top = 60;
  const panel = (left: number) => ({
    x: (value: number) => left + ((value + RANGE) / (2 * RANGE)) * side,
    y: (value: number) => top + ((RANGE - value) / (2 * RANGE)) * side,
  });
  const contours = (left: number, filled: boolean) => {
    const { x, y } = panel(left);
    return [...CONTOURS].reverse().map((r) => {
      const points = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60).map((angle) => {
        const [a, b] = correlate(r * Math.cos(angle), r * Math.sin(angle));
        return [x(a), y(b)] as const;
      });
      const fill = filled ? `fill="${COLORS.blue}" fill-opacity="0.2"` : 'fill="none"';
      return path(points, `stroke="${COLORS.blue}" stroke-width="1.5" ${fill}`);
    });
  };
  const count = Math.floor(normals.length / 2);
  const [left, right] = [30, 390];
  const { x, y } = panel(right);
  const dots = Array.from({ length: count }, (_, i) => correlate(normals[2 * i]!, normals[2 * i + 1]!))
    .filter(([a, b]) => Math.abs(a) <= RANGE && Math.abs(b) <= RANGE)
    .map(([a, b]) => dot(x(a), y(b), 2, `fill="${COLORS.gold}" fill-opacity="0.75"`));
  const frame = (at: number) =>
    `<rect x="${at}" y="${top}" width="${side}" height="${side}" fill="none" stroke="${COLORS.line}"/>`;
  return drawing(740, 440, "Contours of a normal density of two dimensions and samples of it", [
    text(left + side / 2, 28, "The density p(x₁, x₂), seen from above", { size: 14, bold: true }),
    text(left + side / 2, 48, "contours hold 39 %, 86 % and 99 % of it", { size: 12, color: "#52606d" }),
    text(right + side / 2, 28, `${count} samples (x₁, x₂) ~ p`, { size: 14, bold: true }),
    text(right + side / 2, 48, "an image is a point too: a coordinate for each pixel", { size: 12, color: "#52606d" }),
    frame(left),
    frame(right),
    ...contours(left, true),
    ...dots,
    ...contours(right, false),
    ...axis(-RANGE, RANGE, top + side, panel(left).x),
    ...axis(-RANGE, RANGE, top + side, x),
    text(left + side / 2, top + side + 42, "x₁ (x₂ upwards)"),
    text(right + side / 2, top + side + 42, "x₁ (x₂ upwards)"),
  ]);
}
