/** What distorts images, each in its own way: colours, place, holes. All are linear, and their own adjoints but for a sign. */

import type { ImageShape } from "@kintsugi/geometry";
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { workgroupsFor } from "./pointwise.js";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

/** y = shares[n,0]·x + shares[n,1]·mean of the pixel's channels. */
export function saturate([batch, height, width, channels]: ImageShape, views: Views<"x" | "shares" | "y">): Dispatch {
  const pixels = height * width;
  return dispatch(shaders.saturate, {
    label: `saturate ${batch * pixels}`,
    bindings: views,
    constants: { SIZE: batch * pixels, PIXELS: pixels, CHANNELS: channels },
    workgroups: workgroupsFor(batch * pixels),
  });
}

/** y[n,h,w,c] = x[n, h − offsets[n,0], w − offsets[n,1], c], 0 outside. */
export function translate([batch, height, width, channels]: ImageShape, views: Views<"x" | "offsets" | "y">): Dispatch {
  const size = batch * height * width * channels;
  return dispatch(shaders.translate, {
    label: `translate ${size}`,
    bindings: views,
    constants: { SIZE: size, HEIGHT: height, WIDTH: width, CHANNELS: channels },
    workgroups: workgroupsFor(size),
  });
}

/** y = x, and 0 in each image's box [height, width] whose first row and column are corners[n]. */
export function cutout(
  [batch, height, width, channels]: ImageShape,
  box: readonly [number, number],
  views: Views<"x" | "corners" | "y">,
): Dispatch {
  const size = batch * height * width * channels;
  return dispatch(shaders.cutout, {
    label: `cutout ${size}`,
    bindings: views,
    constants: {
      SIZE: size,
      HEIGHT: height,
      WIDTH: width,
      CHANNELS: channels,
      BOX_HEIGHT: box[0],
      BOX_WIDTH: box[1],
    },
    workgroups: workgroupsFor(size),
  });
}
