// A transposed convolution as a product for each phase, for the cores: bindings, sizes, and where its operands lie. Rows are
// the fine pixels (n, v, h) of the phase, in the order that image_of and pixel_of give; columns are channels q; k counts the
// taps of the phase and p.
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
override B_WHOLE: bool = FINE_CHANNELS % TILE_COLS == 0u && COARSE_CHANNELS % SLAB == 0u;
const A_ALONG_K = true;
const B_ALONG_K = true;

// What a tap has, and how far apart it lies.
override CHANNELS: u32 = COARSE_CHANNELS;
const A_STEP = 1u;
const B_STEP = 1u;
override PHASES: u32 = STRIDE * STRIDE;

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

// Four rows: the coarse pixel under the first tap, and its first channel's position, which wraps where it is outside.
struct Rows {
  at: vec4u,
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

fn taps(part: Part) -> u32 {
  return part.taps.x * part.taps.y;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let pixels = part.size.x * part.size.y;
  let pixel = pixel_of(rows, pixels);
  // v + P = i·S + a: the quotient is the coarse pixel under the first tap, and each further tap lies one before it.
  let i = (pixel / part.size.y * STRIDE + part.first.x + PAD_TOP) / STRIDE;
  let j = (pixel % part.size.y * STRIDE + part.first.y + PAD_LEFT) / STRIDE;
  let at = ((image_of(rows, pixels) * COARSE_HEIGHT + i) * COARSE_WIDTH + j) * COARSE_CHANNELS;
  return Rows(at, select(vec4u(OUTSIDE), i, rows < vec4u(part.rows)), j);
}

fn tap_a(part: Part, rows: Rows, tap: u32) -> vec4u {
  let t = tap / part.taps.y;
  let l = tap % part.taps.y;
  let inside = (rows.i - t < vec4u(COARSE_HEIGHT)) & (rows.j - l < vec4u(COARSE_WIDTH));
  return select(vec4u(OUTSIDE), rows.at - (t * COARSE_WIDTH + l) * COARSE_CHANNELS, inside);
}

fn tap_b(part: Part, tap: u32, col: u32) -> vec4u {
  let cols = col + STEP;
  let at = (part.phase.x + STRIDE * (tap / part.taps.y)) * KERNEL + part.phase.y + STRIDE * (tap % part.taps.y);
  return only_b((at * FINE_CHANNELS + cols) * COARSE_CHANNELS, cols < vec4u(FINE_CHANNELS));
}

fn find_a(part: Part, rows: Rows, at: Depth) -> vec4u {
  let tap = tap_of(at, COARSE_CHANNELS);
  return select(vec4u(OUTSIDE), tap_a(part, rows, tap.x) + tap.y, within(at, part.end, COARSE_CHANNELS % SLAB == 0u));
}

fn find_b(part: Part, at: Depth, col: u32) -> vec4u {
  let tap = tap_of(at, COARSE_CHANNELS);
  return only_b(tap_b(part, tap.x, col) + tap.y, within(at, part.end, COARSE_CHANNELS % SLAB == 0u));
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let pixels = part.size.x * part.size.y;
  let image = image_of(vec4u(row), pixels).x;
  let pixel = pixel_of(vec4u(row), pixels).x;
  let v = pixel / part.size.y * STRIDE + part.first.x;
  let h = pixel % part.size.y * STRIDE + part.first.y;
  let first = ((image * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      y[first + col + c] = leaky(sum[c] + select(0.0, bias[col + c], HAS_BIAS));
    }
  }
}
