// dweight[a,b,q,p] = Σ coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q], the sum over all coarse pixels (n, i, j).
// coarse is [N, CH, CW, CC], fine [N, FH, FW, FC], dweight [K, K, FC, CC].
// The sum is long and the result small, so that it is cut into SPLITS fixed intervals: split z writes its own partial
// [SPLITS, K, K, FC, CC], and sum_partials adds them in order. With one split, that partial is dweight itself.
// A workgroup computes TILE_ROWS triples (a, b, q) by TILE_COLS channels p of the split workgroup_id.z.
// @import shared/gemm_*.wgsl

@group(0) @binding(0) var<storage, read> coarse: array<f32>;
@group(0) @binding(1) var<storage, read> fine: array<f32>;
@group(0) @binding(2) var<storage, read_write> dweight: array<f32>;

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
// Coarse pixels in each split.
override CHUNK: u32;

// One z of the grid: how many rows it has, and the interval of k that it sums.
struct Part {
  rows: u32,
  start: u32,
  end: u32,
  split: u32,
}

fn begin(z: u32) -> Part {
  let pixels = BATCH * COARSE_HEIGHT * COARSE_WIDTH;
  return Part(KERNEL * KERNEL * FINE_CHANNELS, min(z * CHUNK, pixels), min(z * CHUNK + CHUNK, pixels), z);
}

fn cols() -> u32 {
  return COARSE_CHANNELS;
}

fn load_a(part: Part, row: u32, k: u32) -> f32 {
  let tap = row / FINE_CHANNELS;
  let v = (k / COARSE_WIDTH % COARSE_HEIGHT) * STRIDE + tap / KERNEL - PAD_TOP;
  let h = (k % COARSE_WIDTH) * STRIDE + tap % KERNEL - PAD_LEFT;
  if (row >= part.rows || v >= FINE_HEIGHT || h >= FINE_WIDTH) {
    return 0.0;
  }
  let n = k / (COARSE_WIDTH * COARSE_HEIGHT);
  return fine[((n * FINE_HEIGHT + v) * FINE_WIDTH + h) * FINE_CHANNELS + row % FINE_CHANNELS];
}

fn load_b(part: Part, k: u32, col: u32) -> f32 {
  if (col >= COARSE_CHANNELS) {
    return 0.0;
  }
  return coarse[k * COARSE_CHANNELS + col];
}

fn store(part: Part, row: u32, col: u32, sum: f32) {
  dweight[(part.split * part.rows + row) * COARSE_CHANNELS + col] = sum;
}
