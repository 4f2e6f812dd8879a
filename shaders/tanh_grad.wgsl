// dx = dy·(1 − y²), y = tanh(x).
// @import shared/linear_index.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
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
  dx[i] = dy[i] * (1.0 - y[i]) * (1.0 + y[i]);
}
