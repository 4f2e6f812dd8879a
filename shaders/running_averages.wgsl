// running ← MOMENTUM·running + (1 − MOMENTUM)·row, for each of ROWS rows in turn, of many averages that lie in one array.
// places[i] = (where the first row of element i stands among the values, how far apart its rows are); 0 apart: no element.
// @import shared/linear_index.wgsl
override SIZE: u32;
override ROWS: u32;
override MOMENTUM: f32;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> places: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> running: array<f32>;

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
  let place = places[i];
  if (place.y == 0u) {
    return;
  }
  var average = running[i];
  for (var row = 0u; row < ROWS; row++) {
    average = MOMENTUM * average + (1.0 - MOMENTUM) * values[place.x + row * place.y];
  }
  running[i] = average;
}
