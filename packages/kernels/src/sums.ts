/** Sums: over stretches, over images, over rows. All in a fixed order. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { chunkRows, elementsOf } from "./columns.js";
import { workgroupsFor } from "./pointwise.js";
import type { DeviceClass } from "./tiles.js";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

/** The most elements that one workgroup adds up: many where the tree of a workgroup is dear. */
function sumChunk({ software }: DeviceClass): number {
  return software ? 65_536 : 16_384;
}

function sumParts(device: DeviceClass, size: number, groups: number): number {
  return Math.ceil(size / groups / sumChunk(device));
}

/** Bytes of scratch that `sum` needs; 0 where one workgroup can do a stretch. */
export function sumScratch(device: DeviceClass, size: number, groups: number): number {
  const parts = sumParts(device, size, groups);
  return parts === 1 ? 0 : groups * parts * 4;
}

/** The sums of `groups` equal contiguous stretches of x; long ones in parts, which lie in `scratch`. */
export function sum(
  device: DeviceClass,
  size: number,
  groups: number,
  { x, y, scratch }: Views<"x" | "y"> & { readonly scratch?: BufferView },
): Dispatch[] {
  const pass = (from: BufferView, to: BufferView, span: number, parts: number) =>
    dispatch(shaders.sum, {
      label: `sum ${groups * span}→${groups * parts}`,
      bindings: { x: from, y: to },
      constants: { GROUPS: groups, SPAN: span, PARTS: parts, CHUNK: Math.ceil(span / parts) },
      workgroups: groups * parts,
    });
  const span = size / groups;
  const parts = sumParts(device, size, groups);
  if (parts === 1) return [pass(x, y, span, 1)];
  if (!scratch) throw new TypeError(`sum ${size}→${groups}: ${parts} parts need a scratch view`);
  return [pass(x, scratch, span, parts), pass(scratch, y, parts, 1)];
}

/** Parts of a tensor in a squared norm come by so many: their sums fill a 256-byte place, where a binding may begin. */
const NORM_PARTS = 64;
/** The most parts of one tensor, in such places: what the last dispatch can add up at ease. */
const MAX_NORM_PLACES = 8;

function normParts(device: DeviceClass, size: number): number {
  return NORM_PARTS * Math.min(MAX_NORM_PLACES, Math.ceil(size / (NORM_PARTS * sumChunk(device))));
}

/** Bytes of scratch that `squaredNorm` needs for tensors of these sizes. */
export function squaredNormScratch(device: DeviceClass, sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all + normParts(device, size), 0) * 4;
}

/** y = Σ x² over all elements of all of `xs`, of which `sizes` says the lengths. */
export function squaredNorm(
  device: DeviceClass,
  sizes: readonly number[],
  { xs, y, scratch }: { readonly xs: readonly BufferView[] } & Views<"y" | "scratch">,
): Dispatch[] {
  const pass = (label: string, bindings: Views<"x" | "y">, span: number, parts: number, squared: boolean) =>
    dispatch(shaders.sum, {
      label,
      bindings,
      // Parts that find nothing left of a small tensor write 0 at once.
      constants: {
        GROUPS: 1,
        SPAN: span,
        PARTS: parts,
        CHUNK: Math.max(sumChunk(device), Math.ceil(span / parts)),
        SQUARED: squared ? 1 : 0,
      },
      workgroups: parts,
    });
  let offset = scratch.offset;
  const squares = xs.map((x, i) => {
    const parts = normParts(device, sizes[i]!);
    const place = { buffer: scratch.buffer, offset, bytes: parts * 4 };
    offset += parts * 4;
    return pass(`squares of ${sizes[i]}`, { x, y: place }, sizes[i]!, parts, true);
  });
  return [...squares, pass(`squared norm of ${xs.length}`, { x: scratch, y }, (offset - scratch.offset) / 4, 1, false)];
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

/** Bytes of scratch that `sumRows` needs; 0 where one invocation walks down a whole column. */
export function sumRowsScratch(device: DeviceClass, rows: number, channels: number): number {
  const chunks = Math.ceil(rows / chunkRows(device, rows));
  return chunks === 1 ? 0 : chunks * channels * 4;
}

/** The sum over the rows of x [rows, channels]: first over chunks of rows, then, if there are several, over the chunks. */
export function sumRows(
  device: DeviceClass,
  rows: number,
  channels: number,
  { x, y, scratch }: Views<"x" | "y"> & { readonly scratch?: BufferView },
): Dispatch[] {
  const shader = shaders.sumRows[elementsOf(channels)];
  const pass = (from: BufferView, to: BufferView, height: number, chunk: number) =>
    dispatch(shader, {
      label: `sum_rows ${height}×${channels}`,
      bindings: { x: from, y: to },
      constants: { GROUP_ROWS: height, CHANNELS: channels, CHUNK_ROWS: chunk, CHUNKS: Math.ceil(height / chunk) },
      workgroups: workgroupsFor((Math.ceil(height / chunk) * channels) / shader.sizes.WIDTH),
    });
  const chunk = chunkRows(device, rows);
  const chunks = Math.ceil(rows / chunk);
  if (chunks === 1) return [pass(x, y, rows, rows)];
  if (!scratch) throw new TypeError(`sum_rows ${rows}×${channels}: ${chunks} chunks need a scratch view`);
  return [pass(x, scratch, rows, chunk), pass(scratch, y, chunks, chunks)];
}
