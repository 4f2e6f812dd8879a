// The sums of a core in workgroup memory: an invocation owns 8×8 elements, as four blocks that lie half a tile apart. Then
// neighbours read neighbouring vec4f, free of bank conflicts, and each element is written by one invocation.
// @import shared/tile.wgsl

struct Quarters {
  upper_left: mat4x4f,
  upper_right: mat4x4f,
  lower_left: mat4x4f,
  lower_right: mat4x4f,
}

// Adds the products of one k: of eight rows, and eight columns.
fn multiply(sums: ptr<function, Quarters>, upper: vec4f, lower: vec4f, left: vec4f, right: vec4f) {
  (*sums).upper_left = outer((*sums).upper_left, upper, left);
  (*sums).upper_right = outer((*sums).upper_right, upper, right);
  (*sums).lower_left = outer((*sums).lower_left, lower, left);
  (*sums).lower_right = outer((*sums).lower_right, lower, right);
}

// Stores them, the first block at (row, col).
fn store_quarters(part: Part, row: u32, col: u32, sums: Quarters) {
  for (var i = 0u; i < 4u; i++) {
    let right = (i & 1u) != 0u;
    let low = i >= 2u;
    let upper = choose(sums.upper_left, sums.upper_right, right);
    let lower = choose(sums.lower_left, sums.lower_right, right);
    store_block(part, row + select(0u, TILE_ROWS / 2u, low), col + select(0u, TILE_COLS / 2u, right), choose(upper, lower, low));
  }
}
