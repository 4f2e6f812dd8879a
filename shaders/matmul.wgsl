// y[m,n] = leaky(bias[n] + Σ a[m,k] · b[k,n]), the sum over k; a is stored [M, K] or, transposed, [K, M]; b [K, N] or
// [N, K]. With more than one split, split z sums its own interval of CHUNK terms into a partial [SPLITS, M, N] without
// bias and slope, and sum_partials adds them in order.
// A workgroup computes TILE_ROWS rows m by TILE_COLS columns n of the split workgroup_id.z.
// @import shared/gemm_*.wgsl
// @import shared/blocks.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> a: array<Stored>;
@group(0) @binding(1) var<storage, read> b: array<Stored>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override M: u32;
override N: u32;
override K: u32;
override TRANSPOSE_A: bool;
override TRANSPOSE_B: bool;
override CHUNK: u32;
override A_ALONG_K: bool = !TRANSPOSE_A;
override B_ALONG_K: bool = TRANSPOSE_B;
override A_BY_FOUR: bool = (TRANSPOSE_A && M % 4u == 0u) || (!TRANSPOSE_A && K % 4u == 0u);
override B_BY_FOUR: bool = (TRANSPOSE_B && K % 4u == 0u) || (!TRANSPOSE_B && N % 4u == 0u);
override B_WHOLE: bool = N % TILE_COLS == 0u && K % SLAB == 0u && CHUNK % SLAB == 0u;

// A split: how many rows it has, its interval of k, its number.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  split: u32,
}

// Four rows: their numbers.
struct Rows {
  m: vec4u,
}

fn begin(z: u32) -> Part {
  return Part(M, min(z * CHUNK, K), min(z * CHUNK + CHUNK, K), z);
}

fn cols() -> u32 {
  return N;
}

fn rows_at(part: Part, row: u32) -> Rows {
  return Rows(row + STEP);
}

fn find_a(part: Part, rows: Rows, at: Depth) -> vec4u {
  let k = at.block + at.step;
  let inside = (rows.m < vec4u(M)) & within(at, part.end, K % SLAB == 0u && CHUNK % SLAB == 0u);
  return select(vec4u(OUTSIDE), select(rows.m * K + k, k * M + rows.m, TRANSPOSE_A), inside);
}

fn find_b(part: Part, at: Depth, col: u32) -> vec4u {
  let cols = col + STEP;
  let k = at.block + at.step;
  let inside = (cols < vec4u(N)) & within(at, part.end, B_WHOLE);
  return only_b(select(k * N + cols, cols * K + k, TRANSPOSE_B), inside);
}

fn read_a4(i: u32) -> Quad {
  return Quad(four(a[i]));
}

fn read_a(i: u32) -> Scalar {
  return Scalar(number(a[i / 4u][i % 4u / PER_WORD], i));
}

fn read_b4(i: u32) -> Quad {
  return Quad(four(b[i]));
}

fn read_b(i: u32) -> Scalar {
  return Scalar(number(b[i / 4u][i % 4u / PER_WORD], i));
}

fn last_a() -> Stored {
  return a[arrayLength(&a) - 1u];
}

fn last_b() -> Stored {
  return b[arrayLength(&b) - 1u];
}

fn store(part: Part, row: u32, col: u32, sum: vec4f) {
  let first = (part.split * M + row) * N;
  for (var c = 0u; c < 4u; c++) {
    if (row < M && col + c < cols()) {
      y[first + col + c] = leaky(sum[c] + select(0.0, bias[col + c], HAS_BIAS));
    }
  }
}
