// Core of a product Y = A·B for GPUs: a workgroup of 256 invocations computes 128×128 elements in slabs of 16 along k, which
// it keeps in workgroup memory with k outermost, so that both operands are read as vec4f. For each slab the first 128
// invocations load a block of A each, the others one of B. The kernel that imports it defines Part, Rows, begin(z), cols(),
// rows_at(part, row) and store(part, row, col, sum); blocks.wgsl loads.
// @import shared/quarters.wgsl
const TILE_ROWS = 128u;
const TILE_COLS = 128u;
const SLAB = 16u;
const QUADS = 32u;

var<workgroup> tile_a: array<vec4f, 512>;
var<workgroup> tile_b: array<vec4f, 512>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  let col = group.x * TILE_COLS;
  if (row >= part.rows) {
    return;
  }
  // Neighbouring invocations read what neighbours in memory: along k, or along rows and columns.
  let slot = local % 128u;
  let along_k = select(B_ALONG_K, A_ALONG_K, local < 128u);
  let at = select(vec2u(slot % QUADS, slot / QUADS), vec2u(slot / 4u, slot % 4u), along_k);
  let rows = rows_at(part, row + 4u * at.x);
  let y = local / 16u;
  let x = local % 16u;
  var sums: Quarters;
  let first = 4u * at.y * QUADS + at.x;
  for (var slab = part.start; slab < part.end; slab += SLAB) {
    let k = slab + 4u * at.y;
    if (local < 128u) {
      put_a(first, load_a(part, rows, slab, k));
    } else {
      put_b(first, load_b(part, slab, k, col + 4u * at.x));
    }
    workgroupBarrier();
    // As in gemm_64x64.wgsl.
    for (var turn = 0u; turn < SLAB / 4u; turn++) {
      let r = turn * 4u * QUADS + y;
      let c = turn * 4u * QUADS + x;
      multiply(&sums, tile_a[r], tile_a[r + 16u], tile_b[c], tile_b[c + 16u]);
      multiply(&sums, tile_a[r + 32u], tile_a[r + 48u], tile_b[c + 32u], tile_b[c + 48u]);
      multiply(&sums, tile_a[r + 64u], tile_a[r + 80u], tile_b[c + 64u], tile_b[c + 80u]);
      multiply(&sums, tile_a[r + 96u], tile_a[r + 112u], tile_b[c + 96u], tile_b[c + 112u]);
    }
    workgroupBarrier();
  }
  store_quarters(part, row + 4u * y, col + 4u * x, sums);
}
