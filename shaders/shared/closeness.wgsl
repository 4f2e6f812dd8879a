// exp(−L1 distance) of images n and j in measure k; needs `x` [N, KERNELS, DIMS].
override ROWS: u32;
override KERNELS: u32;
override DIMS: u32;

fn closeness(n: u32, j: u32, k: u32) -> f32 {
  let a = (n * KERNELS + k) * DIMS;
  let b = (j * KERNELS + k) * DIMS;
  var distance = 0.0;
  for (var d = 0u; d < DIMS; d++) {
    distance += abs(x[a + d] - x[b + d]);
  }
  return exp(-distance);
}
