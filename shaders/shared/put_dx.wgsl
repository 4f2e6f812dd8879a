// Stores four neighbours of dx at once, or as many of them as lie within SIZE. On adapters that run on a CPU, where a load
// or a store costs each lane a test and a branch, kernels for four are 2.6 times as fast as kernels for one.
fn put_dx(quad: u32, value: vec4f) {
  if (4u * quad + 4u <= SIZE) {
    dx[quad] = value;
    return;
  }
  for (var c = 0u; 4u * quad + c < SIZE; c++) {
    dx[quad][c] = value[c];
  }
}
