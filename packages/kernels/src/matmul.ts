/** The dense product, with either factor stored transposed. Knows buffers and sizes; allocates nothing. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import type { Epilogue } from "./conv.js";
import { sumPartials } from "./sum_partials.js";
import { chooseVariant, type DeviceClass, splitSum } from "./tiles.js";

/** y [m, n] = A·B over k terms: a is stored [m, k] or, transposed, [k, m]; b [k, n] or, transposed, [n, k]. */
export interface MatmulGeometry {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * y[m,n] = leaky(bias[n] + Σ A[m,k] · B[k,n]), all float32. `scratch` holds partial sums, `matmulScratch` bytes of it;
 * it may be missing where that is 0.
 */
export function matmul(
  device: DeviceClass,
  geometry: MatmulGeometry,
  views: {
    readonly a: BufferView;
    readonly b: BufferView;
    readonly y: BufferView;
    readonly bias?: BufferView;
    readonly scratch?: BufferView;
  },
  { slope = 1 }: Epilogue = {},
): Dispatch[] {
  const { m, n, k, transposeA = false, transposeB = false } = geometry;
  const { label, product, shader, splits, chunk } = matmulPlan(device, geometry);
  const target = splits === 1 ? views.y : views.scratch;
  if (!target) throw new TypeError(`${label}: ${splits} splits need a scratch view`);
  const bias = splits === 1 ? views.bias : undefined;
  const multiply = dispatch(shader, {
    label,
    bindings: { a: views.a, b: views.b, bias: bias ?? views.b, y: target },
    constants: {
      M: m,
      N: n,
      K: k,
      TRANSPOSE_A: transposeA ? 1 : 0,
      TRANSPOSE_B: transposeB ? 1 : 0,
      CHUNK: chunk,
      HAS_BIAS: bias ? 1 : 0,
      SLOPE: splits === 1 ? slope : 1,
    },
    workgroups: [Math.ceil(n / shader.sizes.TILE_COLS), Math.ceil(m / shader.sizes.TILE_ROWS), splits],
    flops: 2 * m * n * k,
    product,
  });
  if (splits === 1) return [multiply];
  const sum = { partials: target, y: views.y, bias: views.bias };
  return [multiply, sumPartials(label, splits, m * n, sum, { product, slope, channels: n })];
}

/** Bytes of scratch that `matmul` needs for its partial sums; 0 where it needs none. */
export function matmulScratch(device: DeviceClass, geometry: MatmulGeometry): number {
  const { splits } = matmulPlan(device, geometry);
  return splits === 1 ? 0 : 4 * splits * geometry.m * geometry.n;
}

/** The kernel and the splits of a product. */
function matmulPlan(device: DeviceClass, { m, n, k, transposeA, transposeB }: MatmulGeometry) {
  const label = `matmul ${m}×${k}·${k}×${n}`;
  const product = `${label}${transposeA ? ", first transposed" : ""}${transposeB ? ", second transposed" : ""}`;
  const shader = shaders.matmul[chooseVariant(device, m, n, 1, product)];
  const tiles = Math.ceil(m / shader.sizes.TILE_ROWS) * Math.ceil(n / shader.sizes.TILE_COLS);
  return { label, product, shader, ...splitSum(device, tiles, k) };
}
