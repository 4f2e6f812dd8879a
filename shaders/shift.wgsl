// y[i] = x[i + START], and 0 outside x [SIZE_X]: a slice for START > 0, its adjoint for START < 0.
// @import shared/linear_index.wgsl
override SIZE: u32;
override SIZE_X: u32;
override START: i32;

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
  let source = i32(i) + START;
  if (source >= 0 && source < i32(SIZE_X)) {
    y[i] = x[source];
  } else {
    y[i] = 0.0;
  }
}
