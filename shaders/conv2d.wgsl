// y[n,i,j,p] = leaky(bias[p] + Σ x[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p]), the sum over a, b < K and q.
// x is the fine image [N, FH, FW, FC], y the coarse one [N, CH, CW, CC], weight [K, K, FC, CC].
// Source: Chellapilla et al., High Performance Convolutional Neural Networks for Document Processing (2006), without
// their matrix of patches: load_a gathers it while it multiplies.
// A workgroup computes TILE_ROWS pixels (n, i, j) by TILE_COLS channels p.
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

// One z of the grid: how many rows it has, and the interval of k that it sums.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
}

fn begin(z: u32) -> Part {
  return Part(BATCH * COARSE_HEIGHT * COARSE_WIDTH, 0u, KERNEL * KERNEL * FINE_CHANNELS);
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn load_a(part: Part, row: u32, k: u32) -> f32 {
  let tap = k / FINE_CHANNELS;
  // Unsigned: a coordinate left of the image wraps to a huge one, so that one comparison bounds both sides.
  let v = (row / COARSE_WIDTH % COARSE_HEIGHT) * STRIDE + tap / KERNEL - PAD_TOP;
  let h = (row % COARSE_WIDTH) * STRIDE + tap % KERNEL - PAD_LEFT;
  if (row >= part.rows || v >= FINE_HEIGHT || h >= FINE_WIDTH) {
    return 0.0;
  }
  let n = row / (COARSE_WIDTH * COARSE_HEIGHT);
  return x[((n * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS + k % FINE_CHANNELS];
}

fn load_b(part: Part, k: u32, col: u32) -> f32 {
  return select(0.0, weight[k * COARSE_CHANNELS + min(col, COARSE_CHANNELS - 1u)], col < COARSE_CHANNELS);
}

fn store(part: Part, row: u32, col: u32, sum: f32) {
  y[row * COARSE_CHANNELS + col] = leaky(sum + select(0.0, bias[col], HAS_BIAS));
}
