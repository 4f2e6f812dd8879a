// y = 1/√x.
// @import shared/linear_index.wgsl
// @import shared/put_y.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

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
  put_y(quad, 1.0 / sqrt(x[quad]));
}
