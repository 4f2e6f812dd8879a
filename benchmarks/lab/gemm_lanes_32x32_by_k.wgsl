// Core of a product as shaders/shared/gemm_lanes_32x32.wgsl, with a loop over the four k of a block: a quarter of its code
// (1,000 instructions a turn), which lies well inside a core's instruction cache.
//
// It is not faster. All 128 vectors of sums go to memory and back for every k instead of every fourth: 46.1, 40.7 and 32.6
// GFLOP/s for the forward convolutions of 64→128, 128→256 and 256→512 channels, batch 16, against 46.9, 43.1 and 38.2 of the
// winner in the same loop; 35.5 against 46.6 for 1024³. It wants B along its columns, in fours.
// @import shared/lanes.wgsl
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
    let a = load_a(part, rows, k);
    for (var i = 0u; i < SLAB; i++) {
      // Always true, as in taps_lanes_32x32.wgsl.
      if (i < SLAB) {
        let four = select(select(a[0], a[1], i == 1u), select(a[2], a[3], i == 3u), i >= 2u);
        add_one(&tile, four, four_b(find_b(part, k + i, col).x));
      }
    }
  }
  store_all(tile, part, row, col);
}

fn add_one(tile: ptr<function, Tile>, a: vec4f, b: vec4f) {
  (*tile).sum0 = outer((*tile).sum0, subgroupShuffle(a, 0u), b);
  (*tile).sum1 = outer((*tile).sum1, subgroupShuffle(a, 1u), b);
  (*tile).sum2 = outer((*tile).sum2, subgroupShuffle(a, 2u), b);
  (*tile).sum3 = outer((*tile).sum3, subgroupShuffle(a, 3u), b);
  (*tile).sum4 = outer((*tile).sum4, subgroupShuffle(a, 4u), b);
  (*tile).sum5 = outer((*tile).sum5, subgroupShuffle(a, 5u), b);
  (*tile).sum6 = outer((*tile).sum6, subgroupShuffle(a, 6u), b);
  (*tile).sum7 = outer((*tile).sum7, subgroupShuffle(a, 7u), b);
}

fn outer(sum: mat4x4f, a: vec4f, b: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(a.x), b, sum[0]),
    fma(vec4f(a.y), b, sum[1]),
    fma(vec4f(a.z), b, sum[2]),
    fma(vec4f(a.w), b, sum[3]),
  );
}
