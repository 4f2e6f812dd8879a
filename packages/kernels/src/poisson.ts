/** Poisson blending of generated pictures into the holes of real ones. */

import type { ImageShape } from "@kintsugi/geometry";
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";

/** What every device has for a workgroup, in bytes: 64×64 floats. */
const WORKGROUP_MEMORY = 16384;

/**
 * x = y where mask ≠ 0; elsewhere x has the gradients of g, with natural borders. y, g, x of `shape`, mask without channels.
 * Where no known pixel can be reached, x = g.
 */
export function poisson(
  [images, height, width, channels]: ImageShape,
  views: Readonly<Record<"y" | "g" | "mask" | "x", BufferView>>,
): Dispatch {
  const side = Math.max(height, width);
  // A hole that reaches three borders is the slowest: its widest wave is four sides long. The rate of red-black
  // over-relaxation cannot be better than OMEGA − 1 a sweep, and with this one it is not worse on such a hole; 6 sweeps a
  // row make it 4e-6.
  const omega = 2 / (1 + Math.sin(Math.PI / (3 * side)));
  return dispatch(height * width * 4 <= WORKGROUP_MEMORY ? shaders.poisson.workgroup : shaders.poisson.storage, {
    label: `poisson ${images}×${height}×${width}×${channels}`,
    bindings: views,
    constants: {
      GROUPS: images * channels,
      HEIGHT: height,
      WIDTH: width,
      CHANNELS: channels,
      SWEEPS: 6 * side,
      OMEGA: omega,
    },
    workgroups: images * channels,
  });
}
