// dweight[a,b,q,p] = Σ coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q], the sum over all coarse pixels (n, i, j).
// coarse is [N, CH, CW, CC], fine [N, FH, FW, FC], dweight [K, K, FC, CC].
// The sum is long and the result small, so that it is cut into intervals of CHUNK pixels: split z writes its own partial
// [SPLITS, K, K, FC, CC], and sum_partials adds them in order. With one split, that partial is dweight itself.
// A workgroup computes TILE_ROWS triples (a, b, q) by TILE_COLS channels p of the split workgroup_id.z; k counts pixels.
// @import shared/gemm_*.wgsl
// @import shared/blocks.wgsl
// @import shared/convolution.wgsl

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

// A split: how many rows it has, its interval of k, its number.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  split: u32,
}

// Four rows: their tap, moved by the padding, and their channel.
struct Rows {
  a: vec4u,
  b: vec4u,
  q: vec4u,
}

fn begin(z: u32) -> Part {
  return Part(KERNEL * KERNEL * FINE_CHANNELS, min(z * CHUNK, PIXELS), min(z * CHUNK + CHUNK, PIXELS), z);
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn rows_at(part: Part, row: u32) -> Rows {
  let rows = row + STEP;
  let tap = rows / FINE_CHANNELS;
  let a = select(vec4u(OUTSIDE), tap / KERNEL - PAD_TOP, rows < vec4u(part.rows));
  return Rows(a, tap % KERNEL - PAD_LEFT, rows % FINE_CHANNELS);
}

fn find_a(part: Part, rows: Rows, k: u32) -> vec4u {
  let v = k / COARSE_WIDTH % COARSE_HEIGHT * STRIDE + rows.a;
  let h = k % COARSE_WIDTH * STRIDE + rows.b;
  let line = k / (COARSE_WIDTH * COARSE_HEIGHT) * FINE_HEIGHT + v;
  let inside = (v < vec4u(FINE_HEIGHT)) & (h < vec4u(FINE_WIDTH)) & vec4<bool>(k < part.end);
  return select(vec4u(OUTSIDE), (line * FINE_WIDTH + h) * FINE_CHANNELS + rows.q, inside);
}

fn find_b(part: Part, k: u32, col: u32) -> vec4u {
  let cols = col + STEP;
  return only_b(k * COARSE_CHANNELS + cols, (cols < vec4u(COARSE_CHANNELS)) & vec4<bool>(k < part.end));
}

fn read_a4(i: u32) -> Quad {
  return Quad(four(fine[i]));
}

fn read_a(i: u32) -> Scalar {
  return Scalar(number(fine[i / 4u][i % 4u / PER_WORD], i));
}

fn read_b4(i: u32) -> Quad {
  return Quad(four(coarse[i]));
}

fn read_b(i: u32) -> Scalar {
  return Scalar(number(coarse[i / 4u][i % 4u / PER_WORD], i));
}

fn last_a() -> Stored {
  return fine[arrayLength(&fine) - 1u];
}

fn last_b() -> Stored {
  return coarse[arrayLength(&coarse) - 1u];
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let first = (part.split * part.rows + row) * COARSE_CHANNELS;
  for (var c = 0u; c < 4u; c++) {
    if (row < part.rows && col + c < cols()) {
      dweight[first + col + c] = sum[c];
    }
  }
}
