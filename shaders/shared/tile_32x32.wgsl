// The sums of a tile of 32×32, as a subgroup of 8 lanes shares it: a lane has 4 columns of all rows, 4 rows a block.
// @import shared/lanes.wgsl
// @import shared/eight_blocks.wgsl
const TILE_ROWS = 32u;
const TILE_COLS = 32u;
const SLAB = 4u;

// Adds the products of four k: a is this lane's block of A, with a vector for each row, b its block of B.
fn add_all(tile: ptr<function, Tile>, a: mat4x4f, b: mat4x4f) {
  (*tile).sum0 = add((*tile).sum0, b, of_lane(a, 0u));
  (*tile).sum1 = add((*tile).sum1, b, of_lane(a, 1u));
  (*tile).sum2 = add((*tile).sum2, b, of_lane(a, 2u));
  (*tile).sum3 = add((*tile).sum3, b, of_lane(a, 3u));
  (*tile).sum4 = add((*tile).sum4, b, of_lane(a, 4u));
  (*tile).sum5 = add((*tile).sum5, b, of_lane(a, 5u));
  (*tile).sum6 = add((*tile).sum6, b, of_lane(a, 6u));
  (*tile).sum7 = add((*tile).sum7, b, of_lane(a, 7u));
}

// Stores all rows of four columns, from the tile's first row on.
fn store_all(tile: Tile, part: Part, row: u32, col: u32) {
  for (var i = 0u; i < 8u; i++) {
    store_block(part, row + 4u * i, col, block_of(tile, i));
  }
}
