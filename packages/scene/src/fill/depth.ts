/** How deep in a hole its pixels lie. */
import { type Domain, KNOWN } from "./domain.js";

/** Deeper than any picture. */
export const ENDLESS = 2 ** 30;

/**
 * [height, width] of the box: steps in eight directions to the nearest known pixel; `ENDLESS` where nothing is known, and −1 outside
 * of the picture.
 */
export function depthsOf({ state, height, width }: Domain): Int32Array {
  const depth = new Int32Array(state.length);
  for (let p = 0; p < state.length; p++) depth[p] = state[p] === KNOWN ? 0 : ENDLESS;
  const near = (p: number, q: number) => {
    if (depth[q]! + 1 < depth[p]!) depth[p] = depth[q]! + 1;
  };
  for (let i = 1; i < height - 1; i++) {
    for (let p = i * width + 1, end = p + width - 2; p < end; p++) {
      if (state[p] !== 1) continue;
      near(p, p - width - 1);
      near(p, p - width);
      near(p, p - width + 1);
      near(p, p - 1);
    }
  }
  for (let i = height - 2; i > 0; i--) {
    for (let p = (i + 1) * width - 2, end = i * width; p > end; p--) {
      if (state[p] !== 1) continue;
      near(p, p + width + 1);
      near(p, p + width);
      near(p, p + width - 1);
      near(p, p + 1);
    }
  }
  for (let p = 0; p < state.length; p++) if (state[p] === 0) depth[p] = -1;
  return depth;
}

/**
 * The greatest depth within `reach` pixels to each side, as a square, for each place of the box. Source: van Herk 1992, whose
 * work does not grow with the reach.
 */
export function greatestNear(depth: Int32Array, { height, width }: Domain, reach: number): Int32Array {
  if (reach === 0) return depth;
  const across = along(depth, width, 1, height, width, reach);
  return along(across, height, width, width, 1, reach);
}

function along(from: Int32Array, length: number, step: number, lines: number, next: number, reach: number): Int32Array {
  const most = new Int32Array(from.length);
  const window = 2 * reach + 1;
  const padded = Math.ceil((length + 2 * reach) / window) * window;
  const [ahead, behind] = [new Int32Array(padded), new Int32Array(padded)];
  const value = (line: number, at: number) =>
    at < reach || at >= length + reach ? 0 : from[line * next + (at - reach) * step]!;
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < padded; at++) {
      const own = value(line, at);
      ahead[at] = at % window === 0 ? own : Math.max(ahead[at - 1]!, own);
    }
    for (let at = padded - 1; at >= 0; at--) {
      const own = value(line, at);
      behind[at] = at % window === window - 1 ? own : Math.max(behind[at + 1]!, own);
    }
    for (let at = 0; at < length; at++) most[line * next + at * step] = Math.max(behind[at]!, ahead[at + 2 * reach]!);
  }
  return most;
}
