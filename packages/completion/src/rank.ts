/** Several searches of one image: which is best. */

import type { Mask } from "@kintsugi/scene";
import { type Blend, blend, compose } from "@kintsugi/scene";
import type { Losses, Snapshot } from "./problem.js";

/**
 * Losses of the best search of each image by total loss, where `searches` places in a row belong to one image.
 *
 * @param leading so many of them, from the first on, are judged; the others search for something else
 */
export function bestLosses(losses: Losses, searches: number, leading = searches): Losses {
  if (searches === 1) return losses;
  const rows = ranked(losses.total, searches, leading).map((order) => order[0]!);
  return pickLosses(losses, rows);
}

/**
 * The `keep` best searches of each image, by total loss: the first snapshot holds the best of every image, the second the
 * second best, and so on.
 *
 * @param leading one of so many, from the first on, is the best; the others come after it, likewise by total loss, and only then
 *   what is left of these
 */
export function rank(snapshot: Snapshot, searches: number, keep: number, leading = searches): Snapshot[] {
  const orders = ranked(snapshot.total, searches, leading);
  const stride = snapshot.hats.length / snapshot.total.length;
  return Array.from({ length: Math.min(keep, searches) }, (_, place) => {
    const rows = orders.map((order) => order[place]!);
    const pictures = (values: Float32Array) => {
      const picked = new Float32Array(rows.length * stride);
      rows.forEach((row, n) => {
        picked.set(values.subarray(row * stride, (row + 1) * stride), n * stride);
      });
      return picked;
    };
    const { hats, completed, blended } = snapshot;
    const same = completed === blended;
    const plain = pictures(completed);
    const blend = same ? plain : pictures(blended);
    return { ...pickLosses(snapshot, rows), hats: pictures(hats), completed: plain, blended: blend };
  });
}

/**
 * The mean of the pictures of several searches, with the losses of the first. Where searches disagree it lies between them:
 * softer than each, and nearer to the truth on average, since their errors are not the same.
 */
export function averaged(
  [best, ...others]: readonly [Snapshot, ...Snapshot[]],
  start: { readonly images: Float32Array; readonly masks: readonly Mask[] },
  kind: Blend,
): Snapshot {
  const hats = best.hats.map(
    (value, at) => others.reduce((sum, { hats }) => sum + hats[at]!, value) / (others.length + 1),
  );
  const completed = compose(start.images, hats, start.masks);
  const blended = kind === "none" ? completed : blend(kind, start.images, hats, start.masks);
  return { ...best, hats, completed, blended };
}

/** Each value `times` times in a row: [a, b] → [a, a, b, b]. */
export function repeated<T>(values: readonly T[], times: number): T[] {
  return values.flatMap((value) => Array<T>(times).fill(value));
}

/** Rows of each image, best first. A loss that is not a number comes last. */
function ranked(total: Float32Array, searches: number, leading: number): number[][] {
  const order = (value: number) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  return Array.from({ length: total.length / searches }, (_, n) => {
    const sorted = (from: number, end: number) =>
      Array.from({ length: end - from }, (_, k) => n * searches + from + k).sort(
        (a, b) => order(total[a]!) - order(total[b]!) || a - b,
      );
    const [best, ...rest] = sorted(0, leading) as [number, ...number[]];
    return [best, ...sorted(leading, searches), ...rest];
  });
}

function pickLosses({ iteration, contextual, perceptual, total }: Losses, rows: readonly number[]): Losses {
  const pick = (values: Float32Array) => Float32Array.from(rows, (row) => values[row]!);
  return { iteration, contextual: pick(contextual), perceptual: pick(perceptual), total: pick(total) };
}
