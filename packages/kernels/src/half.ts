/** Operands of products as float16: one copy of a tensor, for all products that read it. Allocates nothing. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";

/** Chunks whose maxima are taken side by side; the second kernel has a lane for each. */
const MAX_CHUNKS = 256;
/** Neighbouring vec4f of one workgroup: eight for each of its invocations. */
const CHUNK = 8 * shaders.half.sizes.WORKGROUP;

/**
 * y[i] = float16(x[i] · 2^e), x in float32, with e such that the largest finite |x| comes to lie in [2¹⁴, 2¹⁵), for
 * products with `operands: "f16"`. The view y has `halfBytes` bytes and the scratch `halfScratch`.
 */
export function toHalf(
  label: string,
  size: number,
  views: { readonly x: BufferView; readonly y: BufferView; readonly scratch: BufferView },
): Dispatch[] {
  const { x, y, scratch: largest } = views;
  const { count, chunk } = chunks(size);
  return [
    dispatch(shaders.halfMax, {
      label: `half_max ${label}`,
      bindings: { x, largest },
      constants: { SIZE: size, CHUNK: chunk },
      workgroups: [count, 1, 1],
    }),
    dispatch(shaders.half, {
      label: `half ${label}`,
      bindings: { x, largest, y },
      constants: { SIZE: size, COUNT: count, CHUNK },
      workgroups: [Math.ceil(size / 4 / CHUNK), 1, 1],
    }),
  ];
}

/** Bytes of `size` numbers as float16, and of their exponent in the last vec4h of whole 16 bytes. */
export function halfBytes(size: number): number {
  return Math.ceil(size / 8) * 16 + 16;
}

/** Bytes of scratch that `toHalf` needs. */
export function halfScratch(size: number): number {
  return 4 * chunks(size).count;
}

function chunks(size: number): { readonly count: number; readonly chunk: number } {
  const vectors = Math.ceil(size / 4);
  const chunk = Math.max(CHUNK, Math.ceil(vectors / MAX_CHUNKS));
  return { count: Math.ceil(vectors / chunk), chunk };
}
