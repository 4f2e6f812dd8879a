/** Sums: over stretches, over images, over rows. All in a fixed order. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { columnChunks } from "./batch_norm.js";
import { workgroupsFor } from "./pointwise.js";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

/** The sums of `groups` equal contiguous stretches of x. */
export function sum(size: number, groups: number, views: Views<"x" | "y">): Dispatch {
  return dispatch(shaders.sum, {
    label: `sum ${size}→${groups}`,
    bindings: views,
    constants: { GROUPS: groups, SPAN: size / groups },
    workgroups: groups,
  });
}

/** y[n] = Σ weight·|x − goal| over image n; one weight per `channels` elements. */
export function maskedL1(
  images: number,
  image: number,
  channels: number,
  views: Views<"x" | "goal" | "weight" | "y">,
): Dispatch {
  return dispatch(shaders.maskedL1, {
    label: `masked_l1 ${images}×${image}`,
    bindings: views,
    constants: { IMAGES: images, IMAGE: image, CHANNELS: channels },
    workgroups: images,
  });
}

/** Bytes of scratch that `sumRows` needs. */
export function sumRowsScratch(rows: number, channels: number): number {
  return columnChunks(rows).chunks * channels * 4;
}

/** The sum over the rows of x [rows, channels]: first over chunks of rows, then over the chunks. */
export function sumRows(rows: number, channels: number, views: Views<"x" | "y" | "scratch">): Dispatch[] {
  const { chunks, chunkRows } = columnChunks(rows);
  const pass = (from: BufferView, to: BufferView, height: number, chunk: number) =>
    dispatch(shaders.sumRows, {
      label: `sum_rows ${height}×${channels}`,
      bindings: { x: from, y: to },
      constants: { GROUP_ROWS: height, CHANNELS: channels, CHUNK_ROWS: chunk, CHUNKS: Math.ceil(height / chunk) },
      workgroups: workgroupsFor(Math.ceil(height / chunk) * channels),
    });
  return [pass(views.x, views.scratch, rows, chunkRows), pass(views.scratch, views.y, chunks, chunks)];
}
