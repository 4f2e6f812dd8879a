// Core of a product Y = A·B for GPUs: a workgroup of 64 invocations computes 64×64 elements in slabs of 16 along k, which
// it keeps in workgroup memory with k outermost, so that both operands are read as vec4f. Every invocation fetches a block of A
// and one of B for each slab. The kernel that imports it defines Part, Rows, begin(z), cols(), rows_at(part, row) and
// store(part, row, col, sum); blocks.wgsl loads.
// @import shared/quarters.wgsl
const TILE_ROWS = 64u;
const TILE_COLS = 64u;
const SLAB = 16u;
const QUADS = 16u;

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
  var sums: Quarters;
  let first_a = 4u * at_a.y * QUADS + at_a.x;
  let first_b = 4u * at_b.y * QUADS + at_b.x;
  put_a(first_a, load_a(part, rows, part.start, part.start + 4u * at_a.y));
  put_b(first_b, load_b(part, part.start, part.start + 4u * at_b.y, col + 4u * at_b.x));
  for (var slab = part.start; slab < part.end; slab += SLAB) {
    workgroupBarrier();
    // The next slab is on its way while this one is multiplied. Behind the last, what comes is not looked at.
    let next = slab + SLAB;
    let next_a = fetch_a(part, rows, next, next + 4u * at_a.y);
    let next_b = fetch_b(part, next, next + 4u * at_b.y, col + 4u * at_b.x);
    // Four k a turn: their distances are immediate offsets, which cost no instruction. The positions are sums here and not in a
    // function, where the compiler would no longer know that they are inside of the tile.
    for (var k = 0u; k < SLAB / 4u; k++) {
      let r = k * 4u * QUADS + y;
      let c = k * 4u * QUADS + x;
      multiply(&sums, tile_a[r], tile_a[r + 8u], tile_b[c], tile_b[c + 8u]);
      multiply(&sums, tile_a[r + 16u], tile_a[r + 24u], tile_b[c + 16u], tile_b[c + 24u]);
      multiply(&sums, tile_a[r + 32u], tile_a[r + 40u], tile_b[c + 32u], tile_b[c + 40u]);
      multiply(&sums, tile_a[r + 48u], tile_a[r + 56u], tile_b[c + 48u], tile_b[c + 56u]);
    }
    workgroupBarrier();
    put_a(first_a, block_a(next_a));
    put_b(first_b, block_b(next_b));
  }
  store_quarters(part, row + 4u * y, col + 4u * x, sums);
}
