// y[n,i,j,p] = leaky(bias[p] + Σ x[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p]), the sum over a, b < K and q.
// x is the fine image [N, FH, FW, FC], y the coarse one [N, CH, CW, CC], weight [K, K, FC, CC].
// Source: Chellapilla et al., High Performance Convolutional Neural Networks for Document Processing (2006), without
// their matrix of patches: find_a gathers it while it is multiplied.
// A workgroup computes TILE_ROWS pixels (n, i, j) by TILE_COLS channels p; k counts (a, b, q).
// @import shared/gemm_*.wgsl
// @import shared/blocks.wgsl
// @import shared/convolution.wgsl
// @import shared/x_by_weight.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> weight: array<Stored>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override A_BY_FOUR: bool = FINE_CHANNELS % 4u == 0u;
override B_BY_FOUR: bool = COARSE_CHANNELS % 4u == 0u;
const A_ALONG_K = true;
const B_ALONG_K = false;

// The whole product: its rows, and the interval of k.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
}

// Four rows: where their images begin, in lines, and the fine pixel under tap (0, 0).
struct Rows {
  image: vec4u,
  v: vec4u,
  h: vec4u,
}

fn begin(z: u32) -> Part {
  return Part(BATCH * COARSE_HEIGHT * COARSE_WIDTH, 0u, KERNEL * KERNEL * FINE_CHANNELS);
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let v = rows / COARSE_WIDTH % COARSE_HEIGHT * STRIDE - PAD_TOP;
  let h = rows % COARSE_WIDTH * STRIDE - PAD_LEFT;
  let image = rows / (COARSE_WIDTH * COARSE_HEIGHT) * FINE_HEIGHT;
  return Rows(image, select(vec4u(OUTSIDE), v, rows < vec4u(part.rows)), h);
}

fn find_a(part: Part, rows: Rows, k: u32) -> vec4u {
  let tap = k / FINE_CHANNELS;
  let v = rows.v + tap / KERNEL;
  let h = rows.h + tap % KERNEL;
  let inside = (v < vec4u(FINE_HEIGHT)) & (h < vec4u(FINE_WIDTH)) & vec4<bool>(k < part.end);
  return select(vec4u(OUTSIDE), ((rows.image + v) * FINE_WIDTH + h) * FINE_CHANNELS + k % FINE_CHANNELS, inside);
}

fn find_b(part: Part, k: u32, col: u32) -> vec4u {
  let cols = col + STEP;
  return select(vec4u(OUTSIDE), k * COARSE_CHANNELS + cols, (cols < vec4u(COARSE_CHANNELS)) & vec4<bool>(k < part.end));
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let pixel = row * COARSE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      y[pixel + col + c] = leaky(sum[c] + select(0.0, bias[col + c], HAS_BIAS));
    }
  }
}
