// dx[n,k,d] = −Σ over j ≠ n in n's group of (dy[n,k] + dy[j,k])·closeness(n, j, k)·sign(x[n,k,d] − x[j,k,d]), sign(0) = 0:
// n's own sum and those of the others see it alike. Shapes as in minibatch_discrimination.wgsl. One invocation up to WIDTH
// numbers of a measure, which share its closeness; SIZE counts invocations.
// @import shared/linear_index.wgsl
// @import shared/closeness.wgsl
override SIZE: u32;

const WIDTH: u32 = 8u;

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
  let parts = (DIMS + WIDTH - 1u) / WIDTH;
  let row = i / parts;
  let n = row / KERNELS;
  let k = row % KERNELS;
  let begin = (i % parts) * WIDTH;
  let own = row * DIMS + begin;
  let count = min(WIDTH, DIMS - begin);
  let first = n - n % ROWS;
  var sums: array<f32, WIDTH>;
  for (var j = first; j < first + ROWS; j++) {
    if (j != n) {
      let other = j * KERNELS + k;
      let slope = (dy[row] + dy[other]) * closeness(n, j, k);
      for (var d = 0u; d < count; d++) {
        sums[d] += slope * sign(x[own + d] - x[other * DIMS + begin + d]);
      }
    }
  }
  for (var d = 0u; d < count; d++) {
    dx[own + d] = -sums[d];
  }
}
