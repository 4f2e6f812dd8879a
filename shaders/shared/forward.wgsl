// A forward convolution as a product, for the cores: bindings, sizes, and where its operands lie. Rows are coarse pixels
// (n, i, j), in the order that image_of and pixel_of give; columns are channels p; k counts (a, b, q).
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
override B_WHOLE: bool = COARSE_CHANNELS % TILE_COLS == 0u && (KERNEL * KERNEL * FINE_CHANNELS) % SLAB == 0u;
const A_ALONG_K = true;
const B_ALONG_K = false;

// What a tap has, and how far apart it lies.
override CHANNELS: u32 = FINE_CHANNELS;
const A_STEP = 1u;
override B_STEP: u32 = COARSE_CHANNELS;
const PHASES = 1u;
// Coarse pixels of an image.
override PIXELS: u32 = COARSE_HEIGHT * COARSE_WIDTH;

// The whole product: its rows, and the interval of k.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
}

// Four rows: the fine pixel under tap (0, 0), and its first channel's position, which wraps where the pixel is outside.
struct Rows {
  at: vec4u,
  v: vec4u,
  h: vec4u,
}

fn begin(z: u32) -> Part {
  // The filter's length bounds k too. A compiler that knows the bound beforehand keeps two copies of all sums, for a loop
  // that it ends at its bottom: 1.1 to 1.2 times as long.
  return Part(BATCH * PIXELS, 0u, min(KERNEL * KERNEL * FINE_CHANNELS, 4u * arrayLength(&weight)));
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn taps(part: Part) -> u32 {
  return KERNEL * KERNEL;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let pixel = pixel_of(rows, PIXELS);
  let v = pixel / COARSE_WIDTH * STRIDE - PAD_TOP;
  let h = pixel % COARSE_WIDTH * STRIDE - PAD_LEFT;
  let at = ((image_of(rows, PIXELS) * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS;
  return Rows(at, select(vec4u(OUTSIDE), v, rows < vec4u(part.rows)), h);
}

fn tap_a(part: Part, rows: Rows, tap: u32) -> vec4u {
  let a = tap / KERNEL;
  let b = tap % KERNEL;
  let inside = (rows.v + a < vec4u(FINE_HEIGHT)) & (rows.h + b < vec4u(FINE_WIDTH));
  return select(vec4u(OUTSIDE), rows.at + (a * FINE_WIDTH + b) * FINE_CHANNELS, inside);
}

fn tap_b(part: Part, tap: u32, col: u32) -> vec4u {
  let cols = col + STEP;
  return only_b(tap * FINE_CHANNELS * COARSE_CHANNELS + cols, cols < vec4u(COARSE_CHANNELS));
}

fn find_a(part: Part, rows: Rows, at: Depth) -> vec4u {
  let tap = tap_of(at, FINE_CHANNELS);
  return select(vec4u(OUTSIDE), tap_a(part, rows, tap.x) + tap.y, within(at, part.end, FINE_CHANNELS % SLAB == 0u));
}

fn find_b(part: Part, at: Depth, col: u32) -> vec4u {
  let cols = col + STEP;
  let inside = (cols < vec4u(COARSE_CHANNELS)) & within(at, part.end, B_WHOLE);
  return only_b((at.block + at.step) * COARSE_CHANNELS + cols, inside);
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let rows = vec4u(row);
  let pixel = (image_of(rows, PIXELS).x * PIXELS + pixel_of(rows, PIXELS).x) * COARSE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      y[pixel + col + c] = leaky(sum[c] + select(0.0, bias[col + c], HAS_BIAS));
    }
  }
}
