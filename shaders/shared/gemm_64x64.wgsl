// Core of a product Y = A·B for GPUs: a workgroup of 64 invocations computes 64×64 elements in slabs of 16 along k, which
// it keeps in workgroup memory with k outermost, so that both operands are read as vec4f; its 64 invocations load a block of A and one of B each.
// An invocation owns 8×8 elements, as four blocks that lie half a tile apart: then neighbours read neighbouring vec4f,
// free of bank conflicts, and each element is written by one invocation. The kernel that imports it defines Part, Rows,
// begin(z), cols(), rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/tile.wgsl
const TILE_ROWS = 64u;
const TILE_COLS = 64u;
const SLAB = 16u;
const QUADS = 16u;
const HALF = 32u;

var<workgroup> tile_a: array<vec4f, 256>;
var<workgroup> tile_b: array<vec4f, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  let col = group.x * TILE_COLS;
  if (row >= part.rows) {
    return;
  }
  // Neighbouring invocations read what neighbours in memory: along k, or along rows and columns.
  let at_a = select(vec2u(local % QUADS, local / QUADS), vec2u(local / 4u, local % 4u), A_ALONG_K);
  let at_b = select(vec2u(local % QUADS, local / QUADS), vec2u(local / 4u, local % 4u), B_ALONG_K);
  let rows = rows_at(part, row + 4u * at_a.x);
  let y = local / 8u;
  let x = local % 8u;
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var slab = part.start; slab < part.end; slab += SLAB) {
    put_a(4u * at_a.y * QUADS + at_a.x, load_a(part, rows, slab + 4u * at_a.y));
    put_b(4u * at_b.y * QUADS + at_b.x, load_b(part, slab + 4u * at_b.y, col + 4u * at_b.x));
    workgroupBarrier();
    for (var k = 0u; k < SLAB; k++) {
      let a0 = tile_a[k * QUADS + y];
      let a1 = tile_a[k * QUADS + 8u + y];
      let b0 = tile_b[k * QUADS + x];
      let b1 = tile_b[k * QUADS + 8u + x];
      sum00 = outer(sum00, a0, b0);
      sum01 = outer(sum01, a0, b1);
      sum10 = outer(sum10, a1, b0);
      sum11 = outer(sum11, a1, b1);
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    let right = (i & 1u) != 0u;
    let low = i >= 2u;
    let sum = choose(choose(sum00, sum01, right), choose(sum10, sum11, right), low);
    store_block(part, row + select(0u, HALF, low) + 4u * y, col + select(0u, HALF, right) + 4u * x, sum);
  }
}
