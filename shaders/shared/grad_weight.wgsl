// A filter gradient as a product, for the cores: bindings, sizes, and where its operands lie. Rows are triples (a, b, q),
// columns channels p; k counts coarse pixels (n, i, j). A core that goes tap by tap takes, as a tap, one pixel (i, j) of four
// images n, so that it passes over pixels whose fine pixel is outside.
// @import shared/blocks.wgsl
// @import shared/convolution.wgsl
// @import shared/fine_by_coarse.wgsl

@group(0) @binding(0) var<storage, read> coarse: array<Stored>;
@group(0) @binding(1) var<storage, read> fine: array<Stored>;
@group(0) @binding(2) var<storage, read_write> dweight: array<f32>;

override CHUNK: u32;
override A_BY_FOUR: bool = FINE_CHANNELS % 4u == 0u;
override B_BY_FOUR: bool = COARSE_CHANNELS % 4u == 0u;
override PIXELS: u32 = BATCH * COARSE_HEIGHT * COARSE_WIDTH;
override B_WHOLE: bool = COARSE_CHANNELS % TILE_COLS == 0u && PIXELS % SLAB == 0u && CHUNK % SLAB == 0u;
const A_ALONG_K = false;
const B_ALONG_K = false;

// What a tap has, and how far apart it lies.
const CHANNELS = 4u;
override A_STEP: u32 = FINE_HEIGHT * FINE_WIDTH * FINE_CHANNELS;
override B_STEP: u32 = COARSE_HEIGHT * COARSE_WIDTH * COARSE_CHANNELS;
const PHASES = 1u;

// A split: how many rows it has, its interval of k, its number.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  split: u32,
}

// Four rows: their tap, moved by the padding, and how far from the fine pixel under coarse pixel (0, 0) they read.
struct Rows {
  at: vec4u,
  a: vec4u,
  b: vec4u,
}

fn begin(z: u32) -> Part {
  return Part(KERNEL * KERNEL * FINE_CHANNELS, min(z * CHUNK, PIXELS), min(z * CHUNK + CHUNK, PIXELS), z);
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn taps(part: Part) -> u32 {
  return BATCH / CHANNELS * COARSE_HEIGHT * COARSE_WIDTH;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let tap = rows / FINE_CHANNELS;
  let a = tap / KERNEL - PAD_TOP;
  let b = tap % KERNEL - PAD_LEFT;
  let at = (a * FINE_WIDTH + b) * FINE_CHANNELS + rows % FINE_CHANNELS;
  return Rows(at, select(vec4u(OUTSIDE), a, rows < vec4u(part.rows)), b);
}

fn tap_a(part: Part, rows: Rows, tap: u32) -> vec4u {
  let pixels = COARSE_HEIGHT * COARSE_WIDTH;
  return fine_at(rows, tap / pixels * CHANNELS, tap % pixels, 0u);
}

fn tap_b(part: Part, tap: u32, col: u32) -> vec4u {
  let pixels = COARSE_HEIGHT * COARSE_WIDTH;
  let cols = col + STEP;
  let first = tap / pixels * CHANNELS * B_STEP + tap % pixels * COARSE_CHANNELS;
  return only_b(first + cols, cols < vec4u(COARSE_CHANNELS));
}

fn find_a(part: Part, rows: Rows, at: Depth) -> vec4u {
  let pixels = COARSE_HEIGHT * COARSE_WIDTH;
  // Where a block of four pixels lies within a line, its first tells the line.
  let k = at.block + at.step;
  let first = select(k, at.block, COARSE_WIDTH % 4u == 0u);
  let found = fine_at(rows, first / pixels, first % pixels, k - first);
  return select(vec4u(OUTSIDE), found, within(at, part.end, PIXELS % SLAB == 0u && CHUNK % SLAB == 0u));
}

// What four rows take of an image, for one of its coarse pixels, or the one so many further on the same line.
fn fine_at(rows: Rows, image: u32, pixel: u32, further: u32) -> vec4u {
  let v = pixel / COARSE_WIDTH * STRIDE;
  let h = (pixel % COARSE_WIDTH + further) * STRIDE;
  let inside = (v + rows.a < vec4u(FINE_HEIGHT)) & (h + rows.b < vec4u(FINE_WIDTH));
  return select(vec4u(OUTSIDE), rows.at + ((image * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS, inside);
}

fn find_b(part: Part, at: Depth, col: u32) -> vec4u {
  let cols = col + STEP;
  let inside = (cols < vec4u(COARSE_CHANNELS)) & within(at, part.end, B_WHOLE);
  return only_b((at.block + at.step) * COARSE_CHANNELS + cols, inside);
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let first = (part.split * part.rows + row) * COARSE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      dweight[first + col + c] = sum[c];
    }
  }
}
