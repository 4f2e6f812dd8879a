// y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]), the sum over p and all a, b, i, j with v = i·S−P+a and
// h = j·S−P+b: the gradient of conv2d in its input. x is the coarse image, y the fine one, weight [K, K, FC, CC].
// Source: Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), in gather form: the fine pixels
// of one phase, (v+P) mod S = r, meet only the taps a = r, r+S, …, so that no inserted zero is multiplied.
// A workgroup computes TILE_ROWS pixels (n, v, h) of the phase workgroup_id.z by TILE_COLS channels q; k counts the
// taps of the phase and p.
// @import shared/gemm_*.wgsl
// @import shared/blocks.wgsl
// @import shared/convolution.wgsl
// @import shared/x_by_weight.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> weight: array<Stored>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override A_BY_FOUR: bool = COARSE_CHANNELS % 4u == 0u;
override B_BY_FOUR: bool = COARSE_CHANNELS % 4u == 0u;
const A_ALONG_K = true;
const B_ALONG_K = true;

// A phase: how many pixels it has, the interval of k; and as (y, x) its first tap, how many taps it has, its first fine
// pixel and its size.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  phase: vec2u,
  taps: vec2u,
  first: vec2u,
  size: vec2u,
}

// Four rows: where their images begin, in lines, and the coarse pixel under the first tap.
struct Rows {
  image: vec4u,
  i: vec4u,
  j: vec4u,
}

fn begin(z: u32) -> Part {
  let phase = vec2u(z / STRIDE, z % STRIDE);
  let taps = (KERNEL + STRIDE - 1u - min(phase, vec2u(KERNEL + STRIDE - 1u))) / STRIDE;
  let first = (phase + STRIDE - vec2u(PAD_TOP, PAD_LEFT) % STRIDE) % STRIDE;
  let fine = vec2u(FINE_HEIGHT, FINE_WIDTH) + STRIDE - 1u;
  let size = (fine - min(first, fine)) / STRIDE;
  return Part(BATCH * size.x * size.y, 0u, taps.x * taps.y * COARSE_CHANNELS, phase, taps, first, size);
}

fn cols() -> u32 {
  return FINE_CHANNELS;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  // v + P = i·S + a: the quotient is the coarse pixel under the first tap, and each further tap lies one before it.
  let i = (rows / part.size.y % part.size.x * STRIDE + part.first.x + PAD_TOP) / STRIDE;
  let j = (rows % part.size.y * STRIDE + part.first.y + PAD_LEFT) / STRIDE;
  let image = rows / (part.size.x * part.size.y) * COARSE_HEIGHT;
  return Rows(image, select(vec4u(OUTSIDE), i, rows < vec4u(part.rows)), j);
}

fn find_a(part: Part, rows: Rows, k: u32) -> vec4u {
  let tap = k / COARSE_CHANNELS;
  let i = rows.i - tap / part.taps.y;
  let j = rows.j - tap % part.taps.y;
  let inside = (i < vec4u(COARSE_HEIGHT)) & (j < vec4u(COARSE_WIDTH)) & vec4<bool>(k < part.end);
  return select(vec4u(OUTSIDE), ((rows.image + i) * COARSE_WIDTH + j) * COARSE_CHANNELS + k % COARSE_CHANNELS, inside);
}

fn find_b(part: Part, k: u32, col: u32) -> vec4u {
  let cols = col + STEP;
  let tap = k / COARSE_CHANNELS;
  let at = (part.phase.x + STRIDE * (tap / part.taps.y)) * KERNEL + part.phase.y + STRIDE * (tap % part.taps.y);
  let inside = (cols < vec4u(FINE_CHANNELS)) & vec4<bool>(k < part.end);
  return select(vec4u(OUTSIDE), (at * FINE_CHANNELS + cols) * COARSE_CHANNELS + k % COARSE_CHANNELS, inside);
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let v = row / part.size.y % part.size.x * STRIDE + part.first.x;
  let h = row % part.size.y * STRIDE + part.first.y;
  let pixel = ((row / (part.size.x * part.size.y) * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      y[pixel + col + c] = leaky(sum[c] + select(0.0, bias[col + c], HAS_BIAS));
    }
  }
}
