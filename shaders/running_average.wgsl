// running ← MOMENTUM·running + (1 − MOMENTUM)·row, for each row of values [ROWS, SIZE] in turn.
// @import shared/linear_index.wgsl
override SIZE: u32;
override ROWS: u32;
override MOMENTUM: f32;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> running: array<f32>;

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
  var average = running[i];
  for (var row = 0u; row < ROWS; row++) {
    average = MOMENTUM * average + (1.0 - MOMENTUM) * values[row * SIZE + i];
  }
  running[i] = average;
}
