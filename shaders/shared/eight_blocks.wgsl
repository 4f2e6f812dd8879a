// The sums of a tile as each lane of a subgroup has them: eight blocks of 4×4.
// @import shared/sums.wgsl

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

// Block i. Tiles are stored in a loop over them, because a store is eight guarded ones to the compiler: written out, a tile
// has 1024 of them.
fn block_of(tile: Tile, i: u32) -> mat4x4f {
  let odd = (i & 1u) != 0u;
  let first = choose(choose(tile.sum0, tile.sum1, odd), choose(tile.sum2, tile.sum3, odd), (i & 2u) != 0u);
  let second = choose(choose(tile.sum4, tile.sum5, odd), choose(tile.sum6, tile.sum7, odd), (i & 2u) != 0u);
  return choose(first, second, i >= 4u);
}
