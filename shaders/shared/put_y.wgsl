// Stores four neighbours of y at once, or as many of them as lie within SIZE. On adapters that run on a CPU, where a load
// or a store costs each lane a test and a branch, kernels for four are 2.6 times as fast as kernels for one.
fn put_y(quad: u32, value: vec4f) {
  if (4u * quad + 4u <= SIZE) {
    y[quad] = value;
    return;
  }
  for (var c = 0u; 4u * quad + c < SIZE; c++) {
    y[quad][c] = value[c];
  }
}
