/**
 * Convolution: the three derivatives of one trilinear form (see geometry.ts), each as a product whose operands are
 * gathered while they are multiplied. Knows buffers and sizes; allocates nothing.
 */

import { type ConvGeometry, coarseShape, fineShape, weightShape } from "@kintsugi/geometry";
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { sumPartials } from "./sum_partials.js";
import { chooseVariant, type DeviceClass, isFaster, type Shape, splitSum, type Variant } from "./tiles.js";

/** What happens to a sum before it is stored. */
export interface Epilogue {
  /** Factor on negative results: 1 leaves them (default), 0 is ReLU, 0.2 DCGAN's leaky ReLU. */
  readonly slope?: number;
}

/**
 * y[n,i,j,p] = leaky(bias[p] + Σ x[n, i·stride − padTop + a, j·stride − padLeft + b, q] · weight[a,b,q,p]).
 * x is the fine image, y the coarse one, weight [K, K, fine, coarse], all float32.
 */
export function conv2d(
  device: DeviceClass,
  geometry: ConvGeometry,
  views: { readonly x: BufferView; readonly weight: BufferView; readonly y: BufferView; readonly bias?: BufferView },
  { slope = 1 }: Epilogue = {},
): Dispatch[] {
  const g = geometry;
  const rows = g.batch * g.coarseHeight * g.coarseWidth;
  const label = `conv2d ${g.fineChannels}→${g.coarseChannels} ${g.coarseHeight}×${g.coarseWidth}`;
  const product = productOf(label, g);
  const variant = chooseVariant(device, rows, g.coarseChannels, 1, product);
  const options = {
    label,
    bindings: { x: views.x, weight: views.weight, bias: views.bias ?? views.weight, y: views.y },
    constants: { ...constants(g), HAS_BIAS: views.bias ? 1 : 0, SLOPE: slope },
    flops: convFlops(g),
    product,
  } as const;
  const tiles = tilesOf(shaders.conv2d[variant].sizes, rows, g.coarseChannels);
  return [
    goesByTaps(variant, g)
      ? dispatch(shaders.conv2dTaps[variant], byTaps(options, tiles, 1, hasLargeFilters(g, fineShape(g))))
      : dispatch(shaders.conv2d[variant], { ...options, workgroups: [tiles.cols, tiles.rows, 1] }),
  ];
}

/**
 * y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]) over all taps with v = i·stride − padTop + a and
 * h = j·stride − padLeft + b. x is the coarse image, y the fine one, weight [K, K, fine, coarse], all float32.
 *
 * @param phases the stride² phases as products of their own, or as the columns of one. Default: what takes less time
 */
export function convTranspose2d(
  device: DeviceClass,
  geometry: ConvGeometry,
  views: { readonly x: BufferView; readonly weight: BufferView; readonly y: BufferView; readonly bias?: BufferView },
  { slope = 1, phases }: Epilogue & { readonly phases?: "apart" | "together" } = {},
): Dispatch[] {
  const g = geometry;
  const label = `conv_transpose2d ${g.coarseChannels}→${g.fineChannels} ${g.fineHeight}×${g.fineWidth}`;
  const product = productOf(label, g);
  const { apart, together } = phaseShapes(g);
  const joined = phases ? phases === "together" : isFaster(device, together, apart, product);
  const { rows, cols, layers } = joined ? together : apart;
  const variant = chooseVariant(device, rows, cols, layers, product);
  const tiles = tilesOf(shaders.convTranspose2d[variant].sizes, rows, cols);
  const options = {
    label,
    bindings: { x: views.x, weight: views.weight, bias: views.bias ?? views.weight, y: views.y },
    constants: { ...constants(g), HAS_BIAS: views.bias ? 1 : 0, SLOPE: slope },
    flops: convFlops(g),
    product,
  } as const;
  if (!joined && goesByTaps(variant, g)) {
    return [
      dispatch(
        shaders.convTranspose2dTaps[variant],
        byTaps(options, tiles, layers, hasLargeFilters(g, coarseShape(g))),
      ),
    ];
  }
  // Apart, the grid has room for the largest phase; workgroups past a smaller one return at once.
  const workgroups = [tiles.cols, tiles.rows, layers] as const;
  return [
    joined
      ? dispatch(shaders.convTranspose2dPhases[variant], { ...options, workgroups })
      : dispatch(shaders.convTranspose2d[variant], { ...options, workgroups }),
  ];
}

/** Whether a core has a form that goes tap by tap, and the channels let it. */
function goesByTaps(variant: Variant, g: ConvGeometry): variant is keyof typeof shaders.conv2dTaps {
  return variant in shaders.conv2dTaps && g.fineChannels % 4 === 0 && g.coarseChannels % 4 === 0;
}

/** How many times as large as the image filters must be, for tiles to be computed column by column (measured on lavapipe). */
const LARGE_FILTERS = 8;

function hasLargeFilters(g: ConvGeometry, image: readonly number[]): boolean {
  return sizeOf(weightShape(g)) > LARGE_FILTERS * sizeOf(image);
}

interface Tiles {
  readonly rows: number;
  readonly cols: number;
}

function tilesOf(
  { TILE_ROWS, TILE_COLS }: { TILE_ROWS: number; TILE_COLS: number },
  rows: number,
  cols: number,
): Tiles {
  return { rows: Math.ceil(rows / TILE_ROWS), cols: Math.ceil(cols / TILE_COLS) };
}

/** The grid of a core that goes tap by tap: phases first, then the tiles, row by row or column by column. */
function byTaps<T extends { readonly constants: object }>(options: T, tiles: Tiles, phases: number, byColumn: boolean) {
  const [inner, outer] = byColumn ? [tiles.rows, tiles.cols] : [tiles.cols, tiles.rows];
  return {
    ...options,
    constants: { ...options.constants, BY_COLUMN: byColumn ? 1 : 0 } as T["constants"] & { readonly BY_COLUMN: number },
    workgroups: [phases * inner, outer, 1] as const,
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A transposed convolution as a product for each phase, and as one whose rows are squares of stride² pixels. */
function phaseShapes(g: ConvGeometry): { readonly apart: Shape; readonly together: Shape } {
  const phases = g.stride ** 2;
  const largest = g.batch * Math.ceil(g.fineHeight / g.stride) * Math.ceil(g.fineWidth / g.stride);
  const squares = (fine: number, padding: number) =>
    Math.floor((fine + padding - 1) / g.stride) - Math.floor(padding / g.stride) + 1;
  const all = g.batch * squares(g.fineHeight, g.padTop) * squares(g.fineWidth, g.padLeft);
  const taps = Math.ceil(g.kernel / g.stride);
  return {
    apart: { rows: largest, cols: g.fineChannels, depth: g.kernel ** 2 / phases, layers: phases },
    together: { rows: all, cols: phases * g.fineChannels, depth: taps ** 2, layers: 1 },
  };
}

/**
 * dweight[a,b,q,p] = Σ coarse[n,i,j,p] · fine[n, i·stride − padTop + a, j·stride − padLeft + b, q], all float32.
 * `scratch` holds the partial sums, `conv2dGradWeightScratch` bytes of it; it may be missing where that is 0.
 */
export function conv2dGradWeight(
  device: DeviceClass,
  geometry: ConvGeometry,
  views: {
    readonly coarse: BufferView;
    readonly fine: BufferView;
    readonly dweight: BufferView;
    readonly scratch?: BufferView;
  },
): Dispatch[] {
  const g = geometry;
  const { label, product, variant, tiles, splits, chunk } = gradWeightPlan(device, g);
  const target = splits === 1 ? views.dweight : views.scratch;
  if (!target) throw new TypeError(`${label}: ${splits} splits need a scratch view`);
  const options = {
    label,
    bindings: { coarse: views.coarse, fine: views.fine, dweight: target },
    constants: { ...constants(g), CHUNK: chunk },
    flops: convFlops(g),
    product,
  } as const;
  if (splits === 1) {
    return [
      goesByTaps(variant, g) && g.batch % 4 === 0
        ? dispatch(shaders.conv2dGradWeightTaps[variant], byTaps(options, tiles, 1, false))
        : dispatch(shaders.conv2dGradWeight[variant], { ...options, workgroups: [tiles.cols, tiles.rows, 1] }),
    ];
  }
  const sum = { partials: target, y: views.dweight };
  return [
    dispatch(shaders.conv2dGradWeight[variant], { ...options, workgroups: [tiles.cols, tiles.rows, splits] }),
    sumPartials(label, splits, sizeOf(weightShape(g)), sum, { product }),
  ];
}

/** Bytes of scratch that `conv2dGradWeight` needs for its partial sums; 0 where it needs none. */
export function conv2dGradWeightScratch(device: DeviceClass, g: ConvGeometry): number {
  const { splits } = gradWeightPlan(device, g);
  return splits === 1 ? 0 : 4 * splits * g.kernel * g.kernel * g.fineChannels * g.coarseChannels;
}

/** FLOP of each of the three kernels: two for every multiplication by a pixel inside the image, none for the border. */
export function convFlops(g: ConvGeometry): number {
  const vertical = taps(g, g.coarseHeight, g.fineHeight, g.padTop);
  const horizontal = taps(g, g.coarseWidth, g.fineWidth, g.padLeft);
  return 2 * g.batch * vertical * horizontal * g.fineChannels * g.coarseChannels;
}

/** How many pairs of coarse line and tap fall inside the fine image, along one axis. */
function taps({ kernel, stride }: ConvGeometry, coarse: number, fine: number, padding: number): number {
  let count = 0;
  for (let i = 0; i < coarse; i++) {
    for (let a = 0; a < kernel; a++) {
      const at = i * stride - padding + a;
      if (at >= 0 && at < fine) count++;
    }
  }
  return count;
}

/** The core, the tiles and the splits of a weight gradient. */
function gradWeightPlan(device: DeviceClass, g: ConvGeometry) {
  const rows = g.kernel * g.kernel * g.fineChannels;
  const label = `conv2d_grad_weight ${g.fineChannels}→${g.coarseChannels} ${g.coarseHeight}×${g.coarseWidth}`;
  const product = productOf(label, g);
  const variant = chooseVariant(device, rows, g.coarseChannels, 1, product);
  const tiles = tilesOf(shaders.conv2dGradWeight[variant].sizes, rows, g.coarseChannels);
  const split = splitSum(device, tiles.rows * tiles.cols, g.batch * g.coarseHeight * g.coarseWidth);
  return { label, product, variant, tiles, ...split };
}

/** A label with what else decides which core is best. */
function productOf(label: string, { batch, kernel, stride }: ConvGeometry): string {
  return `${label}, batch ${batch}, kernel ${kernel}, stride ${stride}`;
}

function constants(g: ConvGeometry) {
  return {
    BATCH: g.batch,
    FINE_HEIGHT: g.fineHeight,
    FINE_WIDTH: g.fineWidth,
    FINE_CHANNELS: g.fineChannels,
    COARSE_HEIGHT: g.coarseHeight,
    COARSE_WIDTH: g.coarseWidth,
    COARSE_CHANNELS: g.coarseChannels,
    KERNEL: g.kernel,
    STRIDE: g.stride,
    PAD_TOP: g.padTop,
    PAD_LEFT: g.padLeft,
  };
}
