// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 8 lanes, when B has at most 12 columns (the
// three colours of four phases): as gemm_lanes_32x4, but a lane has 8 rows, and uses what it loads of A three times. The
// kernel that imports it defines Part, Rows, begin(z), cols(), rows_at(part, row) and store(part, row, col, sum);
// blocks.wgsl loads.
// @import shared/lanes.wgsl
enable subgroups;

const TILE_ROWS = 64u;
const TILE_COLS = 12u;
const SLAB = 32u;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  if (group.y * TILE_ROWS >= part.rows) {
    return;
  }
  let row = group.y * TILE_ROWS + 4u * lane;
  let upper = rows_at(part, row);
  let lower = rows_at(part, row + 32u);
  let col = group.x * TILE_COLS;
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  var sum4 = mat4x4f();
  var sum5 = mat4x4f();
  for (var k = part.start; k < part.end; k += SLAB) {
    let left = load_b(part, k, k + 4u * lane, col);
    let middle = load_b(part, k, k + 4u * lane, col + 4u);
    let right = load_b(part, k, k + 4u * lane, col + 8u);
    for (var i = 0u; i < 8u; i++) {
      if (k + 4u * i >= part.end) {
        break;
      }
      let a = transpose(load_a(part, upper, k, k + 4u * i));
      let c = transpose(load_a(part, lower, k, k + 4u * i));
      let b0 = of_lane(left, i);
      sum0 = add(sum0, b0, a);
      sum3 = add(sum3, b0, c);
      let b1 = of_lane(middle, i);
      sum1 = add(sum1, b1, a);
      sum4 = add(sum4, b1, c);
      let b2 = of_lane(right, i);
      sum2 = add(sum2, b2, a);
      sum5 = add(sum5, b2, c);
    }
  }
  // A loop, because a store is eight guarded ones to the compiler.
  for (var i = 0u; i < 6u; i++) {
    let third = i % 3u;
    let high = choose(choose(sum0, sum1, third == 1u), sum2, third == 2u);
    let low = choose(choose(sum3, sum4, third == 1u), sum5, third == 2u);
    store_block(part, row + 32u * (i / 3u), col + 4u * third, choose(high, low, i >= 3u));
  }
}
