// The sums of a tile of 32×32, as a subgroup of 8 lanes shares it: a lane has 4 columns of all rows, 4 rows a block.
// @import shared/lanes.wgsl
const TILE_ROWS = 32u;
const TILE_COLS = 32u;
const SLAB = 4u;

struct Tile {
  sum0: mat4x4f,
  sum1: mat4x4f,
  sum2: mat4x4f,
  sum3: mat4x4f,
  sum4: mat4x4f,
  sum5: mat4x4f,
  sum6: mat4x4f,
  sum7: mat4x4f,
}

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
  // A loop, because a store is eight guarded ones to the compiler: written out, the tile has 1024 of them.
  for (var i = 0u; i < 8u; i++) {
    let odd = (i & 1u) != 0u;
    let lower = choose(choose(tile.sum0, tile.sum1, odd), choose(tile.sum2, tile.sum3, odd), (i & 2u) != 0u);
    let upper = choose(choose(tile.sum4, tile.sum5, odd), choose(tile.sum6, tile.sum7, odd), (i & 2u) != 0u);
    store_block(part, row + 4u * i, col, choose(lower, upper, i >= 4u));
  }
}
