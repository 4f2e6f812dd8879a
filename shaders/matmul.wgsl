// y[m,n] = leaky(bias[n] + Σ a[m,k] · b[k,n]), the sum over k; a is stored [M, K] or, transposed, [K, M]; b [K, N] or
// [N, K]. With more than one split, split z sums its own interval of k into a partial [SPLITS, M, N] without bias and
// slope, and sum_partials adds them in order.
// A workgroup computes TILE_ROWS rows m by TILE_COLS columns n of the split workgroup_id.z.
// @import shared/gemm_*.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override M: u32;
override N: u32;
override K: u32;
override TRANSPOSE_A: bool;
override TRANSPOSE_B: bool;
// Terms of the sum in each split.
override CHUNK: u32;

// One z of the grid: how many rows it has, and the interval of k that it sums.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  split: u32,
}

fn begin(z: u32) -> Part {
  return Part(M, min(z * CHUNK, K), min(z * CHUNK + CHUNK, K), z);
}

fn cols() -> u32 {
  return N;
}

fn load_a(part: Part, row: u32, k: u32) -> f32 {
  if (row >= M) {
    return 0.0;
  }
  return a[select(row * K + k, k * M + row, TRANSPOSE_A)];
}

fn load_b(part: Part, k: u32, col: u32) -> f32 {
  if (col >= N) {
    return 0.0;
  }
  return b[select(k * N + col, col * K + k, TRANSPOSE_B)];
}

fn store(part: Part, row: u32, col: u32, sum: f32) {
  y[(part.split * M + row) * N + col] = leaky(sum + select(0.0, bias[col], HAS_BIAS));
}
