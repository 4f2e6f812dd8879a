// y[i] = x[i + START], and 0 outside x [SIZE_X]: a slice for START > 0, its adjoint for START < 0.
// @import shared/linear_index.wgsl
// @import shared/put_y.wgsl
override SIZE: u32;
override SIZE_X: u32;
override START: i32;

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
  let i = i32(4u * quad) + START;
  if (START % 4 == 0 && SIZE_X % 4u == 0u) {
    let inside = i >= 0 && i < i32(SIZE_X);
    put_y(quad, select(vec4f(), x[select(0, i / 4, inside)], inside));
    return;
  }
  put_y(quad, vec4f(element(i), element(i + 1), element(i + 2), element(i + 3)));
}

fn element(i: i32) -> f32 {
  if (i >= 0 && i < i32(SIZE_X)) {
    return x[i / 4][i % 4];
  }
  return 0.0;
}
