// Core of a product Y = A·B for adapters that run on a CPU and have no subgroups: each invocation computes its own
// 4×8 elements, without workgroup memory or barriers. The kernel that imports it defines Part, Rows, begin(z), cols(),
// rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/sums.wgsl
const TILE_ROWS = 16u;
const TILE_COLS = 32u;
const SLAB = 4u;

@compute @workgroup_size(4, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS + local.y * 4u;
  let col = group.x * TILE_COLS + local.x * 8u;
  if (row >= part.rows || col >= cols()) {
    return;
  }
  let rows = rows_at(part, row);
  var left = mat4x4f();
  var right = mat4x4f();
  for (var k = part.start; k < part.end; k += SLAB) {
    let a = transpose(load_a(part, rows, k, k));
    left = add(left, load_b(part, k, k, col), a);
    right = add(right, load_b(part, k, k, col + 4u), a);
  }
  for (var i = 0u; i < 2u; i++) {
    store_block(part, row, col + 4u * i, choose(left, right, i == 1u));
  }
}
