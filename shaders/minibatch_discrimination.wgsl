// How close each image is to the others of its group, in KERNELS learned measures (Salimans et al. 2016, section 3.2):
// y[n,k] = Σ over j ≠ n in n's group of exp(−Σ_d |x[n,k,d] − x[j,k,d]|). x [N, KERNELS, DIMS], y [N, KERNELS], SIZE that of y,
// groups of ROWS images; one invocation an element of y, the sum in the order of j.
// @import shared/linear_index.wgsl
// @import shared/closeness.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, groups, local, 64u);
  if (i >= SIZE) {
    return;
  }
  let n = i / KERNELS;
  let k = i % KERNELS;
  let first = n - n % ROWS;
  var sum = 0.0;
  for (var j = first; j < first + ROWS; j++) {
    if (j != n) {
      sum += closeness(n, j, k);
    }
  }
  y[i] = sum;
}
