// Core of a product Y = A·B for GPUs: a workgroup of 64 invocations computes 64×64 elements, in slabs of 16 along the
// sum that all its invocations share in workgroup memory; each invocation owns 8×8. The kernel that imports it defines
// Part, begin(z), cols(), load_a(part, row, k), load_b(part, k, col) and store(part, row, col, sum).
const TILE_ROWS = 64u;
const TILE_COLS = 64u;
const SLAB = 16u;

var<workgroup> tile_a: array<f32, 1024>;
var<workgroup> tile_b: array<f32, 1024>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = begin(group.z);
  let origin = vec2u(group.y * TILE_ROWS, group.x * TILE_COLS);
  if (origin.x >= part.rows) {
    return;
  }
  var sums: array<vec4f, 16>;
  let y = (local / 8u) * 8u;
  let x = (local % 8u) * 8u;
  for (var slab = part.start; slab < part.end; slab += SLAB) {
    for (var i = 0u; i < SLAB; i++) {
      let k = slab + i;
      var a = 0.0;
      var b = 0.0;
      if (k < part.end) {
        a = load_a(part, origin.x + local, k);
        b = load_b(part, k, origin.y + local);
      }
      tile_a[i * 64u + local] = a;
      tile_b[i * 64u + local] = b;
    }
    workgroupBarrier();
    for (var k = 0u; k < SLAB; k++) {
      let at = k * 64u + x;
      let b0 = vec4f(tile_b[at], tile_b[at + 1u], tile_b[at + 2u], tile_b[at + 3u]);
      let b1 = vec4f(tile_b[at + 4u], tile_b[at + 5u], tile_b[at + 6u], tile_b[at + 7u]);
      for (var r = 0u; r < 8u; r++) {
        let a = vec4f(tile_a[k * 64u + y + r]);
        sums[r * 2u] = fma(a, b0, sums[r * 2u]);
        sums[r * 2u + 1u] = fma(a, b1, sums[r * 2u + 1u]);
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 8u; r++) {
    let row = origin.x + y + r;
    if (row < part.rows) {
      for (var c = 0u; c < 8u; c++) {
        let col = origin.y + x + c;
        if (col < cols()) {
          store(part, row, col, sums[r * 2u + c / 4u][c % 4u]);
        }
      }
    }
  }
}
