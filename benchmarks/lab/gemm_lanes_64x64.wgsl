// Core of a product as shaders/shared/gemm_lanes_32x32.wgsl, with a tile of 64×64: a lane owns 32 blocks of 4×4 instead of
// 8, loads twice as much for four times the products, and the compiler needs 3,600 instructions for what the
// winner does in 5,000.
//
// It gains nothing where it matters, presumably because the loop's code grows from some 25 kB to 70 kB, past the 32 kB of a
// core's instruction cache: forward convolutions of 64→128, 128→256 and 256→512 channels, batch 16, run at 47.6, 43.4 and 36.4 GFLOP/s, against
// 46.9, 43.1 and 38.2 of the winner in the same loop, and 61.2, 57.0 and 45.3 where that goes tap by tap. Filter gradients
// lose up to a fifth. Only large dense products gain, by reading less from memory: 49.4 against 46.6 for 1024³, 49.9 against
// 37.2 for 2048³; a DCGAN has none of them, and this compiles three times as long.
// @import shared/lanes.wgsl
enable subgroups;

const TILE_ROWS = 64u;
const TILE_COLS = 64u;
const SLAB = 4u;

// The sums of 32 rows and 4 columns, a block of 4×4 for each lane's rows.
struct Half {
  sum0: mat4x4f,
  sum1: mat4x4f,
  sum2: mat4x4f,
  sum3: mat4x4f,
  sum4: mat4x4f,
  sum5: mat4x4f,
  sum6: mat4x4f,
  sum7: mat4x4f,
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  if (row >= part.rows) {
    return;
  }
  let upper = rows_at(part, row + 4u * lane);
  let lower = rows_at(part, row + 32u + 4u * lane);
  let col = group.x * TILE_COLS + 4u * lane;
  var upper_left: Half;
  var upper_right: Half;
  var lower_left: Half;
  var lower_right: Half;
  for (var k = part.start; k < part.end; k += SLAB) {
    let a = transpose(load_a(part, upper, k));
    let c = transpose(load_a(part, lower, k));
    let b = load_b(part, k, col);
    let d = load_b(part, k, col + 32u);
    add_all(&upper_left, a, b);
    add_all(&upper_right, a, d);
    add_all(&lower_left, c, b);
    add_all(&lower_right, c, d);
  }
  store_all(upper_left, part, row, col);
  store_all(upper_right, part, row, col + 32u);
  store_all(lower_left, part, row + 32u, col);
  store_all(lower_right, part, row + 32u, col + 32u);
}

fn add_all(half: ptr<function, Half>, a: mat4x4f, b: mat4x4f) {
  (*half).sum0 = add((*half).sum0, b, of_lane(a, 0u));
  (*half).sum1 = add((*half).sum1, b, of_lane(a, 1u));
  (*half).sum2 = add((*half).sum2, b, of_lane(a, 2u));
  (*half).sum3 = add((*half).sum3, b, of_lane(a, 3u));
  (*half).sum4 = add((*half).sum4, b, of_lane(a, 4u));
  (*half).sum5 = add((*half).sum5, b, of_lane(a, 5u));
  (*half).sum6 = add((*half).sum6, b, of_lane(a, 6u));
  (*half).sum7 = add((*half).sum7, b, of_lane(a, 7u));
}

fn store_all(half: Half, part: Part, row: u32, col: u32) {
  for (var i = 0u; i < 8u; i++) {
    let odd = (i & 1u) != 0u;
    let low = choose(choose(half.sum0, half.sum1, odd), choose(half.sum2, half.sum3, odd), (i & 2u) != 0u);
    let high = choose(choose(half.sum4, half.sum5, odd), choose(half.sum6, half.sum7, odd), (i & 2u) != 0u);
    store_block(part, row + 4u * i, col, choose(low, high, i >= 4u));
  }
}
