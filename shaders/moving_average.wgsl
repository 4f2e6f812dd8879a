// average ← average + rate·(values − average). rate lies in memory, since it changes from step to step.
// @import shared/linear_index.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read> rate: array<f32>;
@group(0) @binding(2) var<storage, read_write> average: array<vec4f>;

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
  let next = average[quad] + rate[0] * (values[quad] - average[quad]);
  if (4u * quad + 4u <= SIZE) {
    average[quad] = next;
    return;
  }
  for (var c = 0u; 4u * quad + c < SIZE; c++) {
    average[quad][c] = next[c];
  }
}
