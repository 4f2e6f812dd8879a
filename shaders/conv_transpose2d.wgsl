// y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]), the sum over p and all a, b, i, j with v = i·S−P+a and
// h = j·S−P+b: the gradient of conv2d in its input. x is the coarse image, y the fine one, weight [K, K, FC, CC].
// Source: Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), in gather form: the fine pixels
// of one phase, (v+P) mod S = r, meet only the taps a = r, r+S, …, so that no inserted zero is multiplied.
// A workgroup computes TILE_ROWS pixels (n, v, h) of the phase workgroup_id.z by TILE_COLS channels q.
// @import shared/gemm_*.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override BATCH: u32;
override FINE_HEIGHT: u32;
override FINE_WIDTH: u32;
override FINE_CHANNELS: u32;
override COARSE_HEIGHT: u32;
override COARSE_WIDTH: u32;
override COARSE_CHANNELS: u32;
override KERNEL: u32;
override STRIDE: u32;
override PAD_TOP: u32;
override PAD_LEFT: u32;

// One z of the grid, a phase: how many pixels it has, the interval of k that they sum, and as (y, x) its first tap, how
// many taps it has, its first fine pixel and its size.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  phase: vec2u,
  taps: vec2u,
  first: vec2u,
  size: vec2u,
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

fn load_a(part: Part, row: u32, k: u32) -> f32 {
  let tap = k / COARSE_CHANNELS;
  let at = vec2u(row / part.size.y % part.size.x, row % part.size.y) * STRIDE + part.first + vec2u(PAD_TOP, PAD_LEFT);
  // v + P = i·S + a: the quotient is the coarse pixel under tap r, and each further tap lies one pixel before it.
  let source = at / STRIDE - vec2u(tap / part.taps.y, tap % part.taps.y);
  if (row >= part.rows || source.x >= COARSE_HEIGHT || source.y >= COARSE_WIDTH) {
    return 0.0;
  }
  let n = row / (part.size.x * part.size.y);
  return x[((n * COARSE_HEIGHT + source.x) * COARSE_WIDTH + source.y) * COARSE_CHANNELS + k % COARSE_CHANNELS];
}

fn load_b(part: Part, k: u32, col: u32) -> f32 {
  let tap = k / COARSE_CHANNELS;
  let at = part.phase + STRIDE * vec2u(tap / part.taps.y, tap % part.taps.y);
  if (col >= FINE_CHANNELS) {
    return 0.0;
  }
  return weight[((at.x * KERNEL + at.y) * FINE_CHANNELS + col) * COARSE_CHANNELS + k % COARSE_CHANNELS];
}

fn store(part: Part, row: u32, col: u32, sum: f32) {
  let n = row / (part.size.x * part.size.y);
  let at = vec2u(row / part.size.y % part.size.x, row % part.size.y) * STRIDE + part.first;
  let pixel = (n * FINE_HEIGHT + at.x) * FINE_WIDTH + at.y;
  y[pixel * FINE_CHANNELS + col] = leaky(sum + select(0.0, bias[col], HAS_BIAS));
}
