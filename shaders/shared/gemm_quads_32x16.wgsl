// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 4 lanes (SwiftShader). What is dear there is a
// load: each number of each lane has its test, bounds check and branch. So a workgroup is one quad; every lane loads two
// blocks of A, 4×4 each, and one of B, and the blocks of A go round by swaps, which are one instruction: a shuffle to a lane
// that is computed is eleven. The kernel that imports it defines Part, Rows, begin(z), cols(), rows_at(part, row) and
// store(part, row, col, sum); blocks.wgsl loads.
// @import shared/eight_blocks.wgsl
enable subgroups;

const TILE_ROWS = 32u;
const TILE_COLS = 16u;
const SLAB = 4u;

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let upper = rows_at(part, row + 4u * lane);
  let lower = rows_at(part, row + 16u + 4u * lane);
  let col = group.x * TILE_COLS + 4u * lane;
  // Sum i is of the rows that the lane i swaps away from this one has loaded.
  var tile: Tile;
  for (var k = part.start; k < part.end; k += SLAB) {
    let b = load_b(part, k, k, col);
    let a = transpose(load_a(part, upper, k, k));
    tile.sum0 = add(tile.sum0, b, a);
    tile.sum1 = add(tile.sum1, b, swap_x(a));
    tile.sum2 = add(tile.sum2, b, swap_y(a));
    tile.sum3 = add(tile.sum3, b, swap_y(swap_x(a)));
    let c = transpose(load_a(part, lower, k, k));
    tile.sum4 = add(tile.sum4, b, c);
    tile.sum5 = add(tile.sum5, b, swap_x(c));
    tile.sum6 = add(tile.sum6, b, swap_y(c));
    tile.sum7 = add(tile.sum7, b, swap_y(swap_x(c)));
  }
  for (var i = 0u; i < 8u; i++) {
    store_block(part, row + 4u * (lane ^ i), col, block_of(tile, i));
  }
}

// The block of the neighbour in x.
fn swap_x(block: mat4x4f) -> mat4x4f {
  return mat4x4f(quadSwapX(block[0]), quadSwapX(block[1]), quadSwapX(block[2]), quadSwapX(block[3]));
}

// The block of the neighbour in y.
fn swap_y(block: mat4x4f) -> mat4x4f {
  return mat4x4f(quadSwapY(block[0]), quadSwapY(block[1]), quadSwapY(block[2]), quadSwapY(block[3]));
}
