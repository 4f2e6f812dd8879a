// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 8 lanes. What is dear there is a load: it
// costs each lane a test, a branch and a bounds check, as much as ten multiplications, whether the lanes want one number
// or eight. So a workgroup is one subgroup; every lane loads another block of A and of B, 4×4 each, and what the lanes
// have in common goes from register to register: no workgroup memory, no barrier. The kernel that imports it
// defines Part, Rows, begin(z), cols(), rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/lanes.wgsl
enable subgroups;

const TILE_ROWS = 32u;
const TILE_COLS = 32u;

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
  // A loop, because a store is eight guarded ones to the compiler: written out, the tile has 1024 of them.
  for (var i = 0u; i < 8u; i++) {
    let odd = (i & 1u) != 0u;
    let lower = choose(choose(sum0, sum1, odd), choose(sum2, sum3, odd), (i & 2u) != 0u);
    let upper = choose(choose(sum4, sum5, odd), choose(sum6, sum7, odd), (i & 2u) != 0u);
    store_block(part, row + 4u * i, col, choose(lower, upper, i >= 4u));
  }
}
