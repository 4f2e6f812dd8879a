// Core of a product that a batch norm follows, in place of gemm_lanes_32x32: each lane owns four columns of 32 rows, so mean
// and M2 of its tile are sums of its own registers, and batch_norm_moments need not read the result twice. They go to `parts`,
// as shared/merge_moments.wgsl wants them, in a fixed order; a dispatch merges them, since there are many (a part for 32 rows).
// It wants no slope, and groups whose rows come in 32s; a bias adds to the mean alone and is left out here.
//
// Right to 6e-6 against the product with batch_norm_moments. Lost, because there is little to win: of a training step's
// 283 ms of processor time (width 16, batch 16) all 17 moments take 2.5 ms; parts that cost nothing would save 2.3 of them,
// 0.8 %, and 0.2 % at width 64. What the product itself takes moves by more than that, up or down, for any change of its code:
// from 0.91 to 1.08 of its time. And the core that took its place goes pixel by pixel through all images, so that a tile has
// rows of both groups of D.
// @import shared/lanes.wgsl
enable subgroups;

const TILE_ROWS = 32u;
const TILE_COLS = 32u;

@group(0) @binding(4) var<storage, read_write> parts: array<vec4f>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let rows = rows_at(part, row + 4u * lane);
  let col = group.x * TILE_COLS + 4u * lane;
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  var sum4 = mat4x4f();
  var sum5 = mat4x4f();
  var sum6 = mat4x4f();
  var sum7 = mat4x4f();
  for (var k = part.start; k < part.end; k += 4u) {
    let a = transpose(load_a(part, rows, k));
    let b = load_b(part, k, col);
    sum0 = add(sum0, b, of_lane(a, 0u));
    sum1 = add(sum1, b, of_lane(a, 1u));
    sum2 = add(sum2, b, of_lane(a, 2u));
    sum3 = add(sum3, b, of_lane(a, 3u));
    sum4 = add(sum4, b, of_lane(a, 4u));
    sum5 = add(sum5, b, of_lane(a, 5u));
    sum6 = add(sum6, b, of_lane(a, 6u));
    sum7 = add(sum7, b, of_lane(a, 7u));
  }
  if (col < cols()) {
    // Rows past the end hold zeros: they add nothing to the sum, and are left out of M2 block by block.
    let valid = min(TILE_ROWS, part.rows - row);
    let total = down(sum0) + down(sum1) + down(sum2) + down(sum3) + down(sum4) + down(sum5) + down(sum6) + down(sum7);
    let mean = total / f32(valid);
    var m2 = squares(sum0, mean) + select(vec4f(), squares(sum1, mean), valid > 4u);
    m2 += select(vec4f(), squares(sum2, mean), valid > 8u) + select(vec4f(), squares(sum3, mean), valid > 12u);
    m2 += select(vec4f(), squares(sum4, mean), valid > 16u) + select(vec4f(), squares(sum5, mean), valid > 20u);
    m2 += select(vec4f(), squares(sum6, mean), valid > 24u) + select(vec4f(), squares(sum7, mean), valid > 28u);
    let tile = group.z * ((part.rows + TILE_ROWS - 1u) / TILE_ROWS) + group.y;
    let at = 2u * ((tile * cols() + col) / 4u);
    parts[at] = mean;
    parts[at + 1u] = m2;
  }
  for (var i = 0u; i < 8u; i++) {
    let odd = (i & 1u) != 0u;
    let lower = choose(choose(sum0, sum1, odd), choose(sum2, sum3, odd), (i & 2u) != 0u);
    let upper = choose(choose(sum4, sum5, odd), choose(sum6, sum7, odd), (i & 2u) != 0u);
    store_block(part, row + 4u * i, col, choose(lower, upper, i >= 4u));
  }
}

fn down(block: mat4x4f) -> vec4f {
  return block[0] + block[1] + block[2] + block[3];
}

fn squares(block: mat4x4f, mean: vec4f) -> vec4f {
  let a = block[0] - mean;
  let b = block[1] - mean;
  let c = block[2] - mean;
  let d = block[3] - mean;
  return fma(d, d, fma(c, c, fma(b, b, a * a)));
}
