// y = a, then b. SIZE is that of y.
// @import shared/linear_index.wgsl
// @import shared/put_y.wgsl
override SIZE: u32;
override SIZE_A: u32;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

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
  let i = 4u * quad;
  if (SIZE_A % 4u == 0u) {
    if (i < SIZE_A) {
      put_y(quad, a[quad]);
    } else {
      put_y(quad, b[quad - SIZE_A / 4u]);
    }
    return;
  }
  put_y(quad, vec4f(element(i), element(i + 1u), element(i + 2u), element(i + 3u)));
}

fn element(i: u32) -> f32 {
  if (i < SIZE_A) {
    return a[i / 4u][i % 4u];
  }
  let j = i - SIZE_A;
  return b[j / 4u][j % 4u];
}
