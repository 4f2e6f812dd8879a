// y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]), the sum over p and all a, b, i, j with v = i·S−P+a and
// h = j·S−P+b, for few channels q: as conv_transpose2d.wgsl, but all S² phases are columns of one product, so that the
// coarse pixels are loaded once for all of them, and three colours fill a tile.
// x is the coarse image, y the fine one, weight [K, K, FC, CC].
// A row of the product is a square of S×S fine pixels, v+P = u·S+r, h+P = w·S+s with r, s < S; columns count (r, s, q);
// k counts (t, l, p), p innermost: the coarse pixel (u−t, w−l) under the taps a = r+t·S, b = s+l·S, if these are < K.
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
// Phases with fewer taps than others leave gaps.
const B_WHOLE = false;

// Taps of a phase along one axis, at most.
override TAPS: u32 = (KERNEL + STRIDE - 1u) / STRIDE;
// Squares along each axis, and the first one's number: those that cover the fine image.
override SQUARES_Y: u32 = (FINE_HEIGHT + PAD_TOP - 1u) / STRIDE - PAD_TOP / STRIDE + 1u;
override SQUARES_X: u32 = (FINE_WIDTH + PAD_LEFT - 1u) / STRIDE - PAD_LEFT / STRIDE + 1u;

// The whole product: its rows, and the interval of k.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
}

// Four rows: the coarse pixel under the first tap, and its first channel's position, which wraps where it is outside.
struct Rows {
  at: vec4u,
  i: vec4u,
  j: vec4u,
}

fn begin(z: u32) -> Part {
  return Part(BATCH * SQUARES_Y * SQUARES_X, 0u, TAPS * TAPS * COARSE_CHANNELS);
}

fn cols() -> u32 {
  return STRIDE * STRIDE * FINE_CHANNELS;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let i = rows / SQUARES_X % SQUARES_Y + PAD_TOP / STRIDE;
  let j = rows % SQUARES_X + PAD_LEFT / STRIDE;
  let image = rows / (SQUARES_X * SQUARES_Y) * COARSE_HEIGHT;
  let at = ((image + i) * COARSE_WIDTH + j) * COARSE_CHANNELS;
  return Rows(at, select(vec4u(OUTSIDE), i, rows < vec4u(part.rows)), j);
}

fn find_a(part: Part, rows: Rows, at: Depth) -> vec4u {
  let tap = tap_of(at, COARSE_CHANNELS);
  let t = tap.x / TAPS;
  let l = tap.x % TAPS;
  let inside = (rows.i - t < vec4u(COARSE_HEIGHT)) & (rows.j - l < vec4u(COARSE_WIDTH)) & within(at, part.end, COARSE_CHANNELS % SLAB == 0u);
  let offset = tap.y - (t * COARSE_WIDTH + l) * COARSE_CHANNELS;
  return select(vec4u(OUTSIDE), rows.at + offset, inside);
}

fn find_b(part: Part, at: Depth, col: u32) -> vec4u {
  let cols = col + STEP;
  let tap = tap_of(at, COARSE_CHANNELS);
  let phase = cols / FINE_CHANNELS;
  let a = phase / STRIDE + STRIDE * (tap.x / TAPS);
  let b = phase % STRIDE + STRIDE * (tap.x % TAPS);
  let inside = (a < vec4u(KERNEL)) & (b < vec4u(KERNEL)) & within(at, part.end, COARSE_CHANNELS % SLAB == 0u);
  let position = ((a * KERNEL + b) * FINE_CHANNELS + cols % FINE_CHANNELS) * COARSE_CHANNELS + tap.y;
  return only_b(position, inside & (cols < vec4u(STRIDE * STRIDE * FINE_CHANNELS)));
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let u = row / SQUARES_X % SQUARES_Y + PAD_TOP / STRIDE;
  let w = row % SQUARES_X + PAD_LEFT / STRIDE;
  let image = row / (SQUARES_X * SQUARES_Y) * FINE_HEIGHT;
  for (var c = 0u; c < 4u; c++) {
    let phase = (col + c) / FINE_CHANNELS;
    let q = (col + c) % FINE_CHANNELS;
    // Below zero they wrap, and are outside.
    let v = u * STRIDE + phase / STRIDE - PAD_TOP;
    let h = w * STRIDE + phase % STRIDE - PAD_LEFT;
    if (row < part.rows && col + c < cols() && v < FINE_HEIGHT && h < FINE_WIDTH) {
      y[((image + v) * FINE_WIDTH + h) * FINE_CHANNELS + q] = leaky(sum[c] + select(0.0, bias[q], HAS_BIAS));
    }
  }
}
