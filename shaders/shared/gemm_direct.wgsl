// Core of a product Y = A·B for adapters that run on a CPU: no workgroup memory, no barriers. The kernel that imports it
// defines Part, begin(z), cols(), load_a(part, row, k), load_b(part, k, col) and store(part, row, col, sum).
const TILE_ROWS = 16u;
const TILE_COLS = 16u;

@compute @workgroup_size(4, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS + local.y * 4u;
  let col = group.x * TILE_COLS + local.x * 4u;
  if (row >= part.rows || col >= cols()) {
    return;
  }
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var k = part.start; k < part.end; k++) {
    let b = vec4f(load_b(part, k, col), load_b(part, k, col + 1u), load_b(part, k, col + 2u), load_b(part, k, col + 3u));
    sum0 = fma(vec4f(load_a(part, row, k)), b, sum0);
    sum1 = fma(vec4f(load_a(part, row + 1u, k)), b, sum1);
    sum2 = fma(vec4f(load_a(part, row + 2u, k)), b, sum2);
    sum3 = fma(vec4f(load_a(part, row + 3u, k)), b, sum3);
  }
  store4(part, row, col, sum0);
  store4(part, row + 1u, col, sum1);
  store4(part, row + 2u, col, sum2);
  store4(part, row + 3u, col, sum3);
}

fn store4(part: Part, row: u32, col: u32, sum: vec4f) {
  if (row < part.rows) {
    for (var i = 0u; i < 4u; i++) {
      if (col + i < cols()) {
        store(part, row, col + i, sum[i]);
      }
    }
  }
}
