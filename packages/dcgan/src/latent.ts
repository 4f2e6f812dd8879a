/** Where z comes from. */
import { normal, type Stream, uniform } from "@kintsugi/nn";
import { type DcganConfig, latentLength } from "./config.js";

/**
 * `count` z as the model has them, one after the other: [count, nz]. Where it has classes, each with its class behind it:
 * [count, nz + classes].
 *
 * @param labels the class of each, by its place in `config.classes`; left out, the z have them in turn
 */
export function drawLatent(
  config: DcganConfig,
  stream: Stream,
  count: number,
  labels?: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const { nz, classes } = config;
  const draw = config.z === "normal" ? normal : uniform;
  const z = draw(stream, count * nz);
  if (!classes) return z;
  const length = latentLength(config);
  const all = new Float32Array(count * length);
  for (let n = 0; n < count; n++) {
    all.set(z.subarray(n * nz, (n + 1) * nz), n * length);
    all[n * length + nz + (labels?.[n] ?? n % classes.length)] = 1;
  }
  return all;
}
