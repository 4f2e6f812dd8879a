/** Where z comes from. */
import { normal, type Stream, uniform } from "@kintsugi/nn";
import type { DcganConfig } from "./config.js";

/** `count` z as the model has them, one after the other: [count, nz]. */
export function drawLatent(config: DcganConfig, stream: Stream, count: number): Float32Array<ArrayBuffer> {
  const draw = config.z === "normal" ? normal : uniform;
  return draw(stream, count * config.nz);
}
