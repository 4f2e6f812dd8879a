// Core of a product Y = A·B for adapters that run on a CPU, with subgroups of 8 lanes, when B has at most 4 columns (the
// colours of an image, the logit of a discriminator): every lane has its own 4 rows, and the lanes take turns in loading
// B for all. With 32 columns, seven of eight sums would be empty. The kernel that imports it defines Part, Rows,
// begin(z), cols(), rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/lanes.wgsl
enable subgroups;

const TILE_ROWS = 32u;
const TILE_COLS = 4u;
const SLAB = 32u;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let part = begin(group.z);
  if (group.y * TILE_ROWS >= part.rows) {
    return;
  }
  let row = group.y * TILE_ROWS + 4u * lane;
  let rows = rows_at(part, row);
  let col = group.x * TILE_COLS;
  var sum = mat4x4f();
  for (var k = part.start; k < part.end; k += SLAB) {
    let all = load_b(part, k, k + 4u * lane, col);
    for (var i = 0u; i < 8u; i++) {
      if (k + 4u * i >= part.end) {
        break;
      }
      sum = add(sum, of_lane(all, i), transpose(load_a(part, rows, k, k + 4u * i)));
    }
  }
  store_block(part, row, col, sum);
}
