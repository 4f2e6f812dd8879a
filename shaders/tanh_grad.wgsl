// dx = dy·(1 − y²), y = tanh(x).
// @import shared/linear_index.wgsl
// @import shared/put_dx.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = linear_index(workgroup, groups, local, 64u);
  if (4u * quad >= SIZE) {
    return;
  }
  put_dx(quad, dy[quad] * (1.0 - y[quad]) * (1.0 + y[quad]));
}
