// The index of an invocation in a one-dimensional range whose workgroups the host has folded into y.
fn linear_index(workgroup: vec3u, groups: vec3u, local: u32, size: u32) -> u32 {
  return (workgroup.y * groups.x + workgroup.x) * size + local;
}
