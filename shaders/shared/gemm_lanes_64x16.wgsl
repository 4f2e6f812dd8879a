// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 8 lanes, when B has few columns: as
// gemm_lanes_32x32, but two groups of 4 lanes share the 16 columns and halve the 64 rows. It saves
// the arithmetic of empty columns, and loads a quarter more where there are none. The kernel that imports it defines Part,
// Rows, begin(z), cols(), rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/lanes.wgsl
// @import shared/eight_blocks.wgsl
enable subgroups;

const TILE_ROWS = 64u;
const TILE_COLS = 16u;
const SLAB = 8u;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let upper = rows_at(part, row + 4u * lane);
  let lower = rows_at(part, row + 32u + 4u * lane);
  // The lanes 0 to 3 and 4 to 7 own the same columns, and load them for different k.
  let col = group.x * TILE_COLS + 4u * (lane % 4u);
  let half = lane & 4u;
  var tile: Tile;
  for (var k = part.start; k < part.end; k += SLAB) {
    let both = load_b(part, k, k + half, col);
    for (var i = 0u; i < 8u; i += 4u) {
      let b = of_lane(both, i + lane % 4u);
      let a = transpose(load_a(part, upper, k, k + i));
      tile.sum0 = add(tile.sum0, b, of_lane(a, half));
      tile.sum1 = add(tile.sum1, b, of_lane(a, half + 1u));
      tile.sum2 = add(tile.sum2, b, of_lane(a, half + 2u));
      tile.sum3 = add(tile.sum3, b, of_lane(a, half + 3u));
      let c = transpose(load_a(part, lower, k, k + i));
      tile.sum4 = add(tile.sum4, b, of_lane(c, half));
      tile.sum5 = add(tile.sum5, b, of_lane(c, half + 1u));
      tile.sum6 = add(tile.sum6, b, of_lane(c, half + 2u));
      tile.sum7 = add(tile.sum7, b, of_lane(c, half + 3u));
    }
  }
  for (var i = 0u; i < 8u; i++) {
    store_block(part, row + (i / 4u) * 32u + 4u * (half + i % 4u), col, block_of(tile, i));
  }
}
