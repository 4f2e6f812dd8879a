// Core of a convolution for adapters that run on a CPU, with subgroups of 8 lanes: as gemm_lanes_32x32, but tap by tap, so
// that what a tap's channels have in common is found once; and taps that are outside of the image for all 32 rows are passed
// over. The kernel that imports it defines, besides what that core wants, taps(part), the positions tap_a(part, rows, tap)
// and tap_b(part, tap, col) of a tap's first channel, A_STEP and B_STEP, how far apart its channels are, and PHASES, how many
// parts there are. All channels come in fours.
// Such adapters cut the workgroups into one stretch for each of their threads. So neighbours belong to different phases, of
// which some have more taps than others; and tiles lie row by row, or, with BY_COLUMN, column by column, so that large filters
// are gone through once.
// @import shared/tile_32x32.wgsl
enable subgroups;
// All lanes of a subgroup take the same branch, by subgroupAny; the check of uniformity does not see that.
diagnostic(off, subgroup_uniformity);

override BY_COLUMN: bool;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.x % PHASES);
  let at = select(vec2u(group.y, group.x / PHASES), vec2u(group.x / PHASES, group.y), BY_COLUMN);
  let row = at.x * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let rows = rows_at(part, row + 4u * lane);
  let col = at.y * TILE_COLS + 4u * lane;
  var tile: Tile;
  for (var tap = 0u; tap < taps(part); tap++) {
    let a = tap_a(part, rows, tap);
    if (subgroupAny(any(a < vec4u(OUTSIDE)))) {
      let b = tap_b(part, tap, col);
      for (var q = 0u; q < CHANNELS; q += SLAB) {
        // Always true. But a compiler that knows of a first turn keeps two copies of all sums, which takes 1.2 times as long.
        if (q < CHANNELS) {
          add_all(&tile, run_a(a, q), run_b(b + q * B_STEP));
        }
      }
    }
  }
  store_all(tile, part, row, col);
}

// A block of A for four channels from q on, a vector for each row.
fn run_a(i: vec4u, q: u32) -> Block {
  if (A_ALONG_K) {
    return each_four_a(i + q);
  }
  return transpose(each_four_a(i.x + (q + STEP) * A_STEP));
}

// A block of B for four channels, from the positions of the first.
fn run_b(i: vec4u) -> Block {
  if (B_ALONG_K) {
    return transpose(each_four_b(i));
  }
  return each_four_b(i.x + STEP * B_STEP);
}
