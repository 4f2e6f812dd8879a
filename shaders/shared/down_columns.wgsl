// The entry point of kernels that walk down columns, each from at.begin to at.end: they define down(at).
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = column(linear_index(workgroup, groups, local, 64u));
  if (at.valid) {
    down(at);
  }
}
