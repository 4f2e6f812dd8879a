// dx[n,k,d] = −Σ over j ≠ n in n's group of (dy[n,k] + dy[j,k])·closeness(n, j, k)·sign(x[n,k,d] − x[j,k,d]), sign(0) = 0:
// n's own sum and those of the others see it alike. Shapes as in minibatch_discrimination.wgsl; SIZE is that of x.
// @import shared/linear_index.wgsl
// @import shared/closeness.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

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
  let row = i / DIMS;
  let n = row / KERNELS;
  let k = row % KERNELS;
  let d = i % DIMS;
  let first = n - n % ROWS;
  var sum = 0.0;
  for (var j = first; j < first + ROWS; j++) {
    if (j != n) {
      let other = j * KERNELS + k;
      sum += (dy[row] + dy[other]) * closeness(n, j, k) * sign(x[i] - x[other * DIMS + d]);
    }
  }
  dx[i] = -sum;
}
