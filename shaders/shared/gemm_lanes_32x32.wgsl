// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 8 lanes. What is dear there is a load: it
// costs each lane a test, a branch and a bounds check, as much as ten multiplications, whether the lanes want one number
// or eight. So a workgroup is one subgroup; every lane loads another block of A and of B, 4×4 each, and what the lanes
// have in common goes from register to register: no workgroup memory, no barrier. The kernel that imports it
// defines Part, Rows, begin(z), cols(), rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/tile_32x32.wgsl
enable subgroups;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let rows = rows_at(part, row + 4u * lane);
  let col = group.x * TILE_COLS + 4u * lane;
  var tile: Tile;
  for (var k = part.start; k < part.end; k += SLAB) {
    add_all(&tile, transpose(load_a(part, rows, k, k)), load_b(part, k, k, col));
  }
  store_all(tile, part, row, col);
}
