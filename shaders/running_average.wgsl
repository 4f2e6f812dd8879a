// running ← MOMENTUM·running + (1 − MOMENTUM)·row, for each row of values [ROWS, SIZE] in turn.
// @import shared/linear_index.wgsl
override SIZE: u32;
override ROWS: u32;
override MOMENTUM: f32;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> running: array<vec4f>;

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
  var average = running[quad];
  for (var row = 0u; row < ROWS; row++) {
    average = MOMENTUM * average + (1.0 - MOMENTUM) * four_of(row, quad);
  }
  if (4u * quad + 4u <= SIZE) {
    running[quad] = average;
    return;
  }
  for (var c = 0u; 4u * quad + c < SIZE; c++) {
    running[quad][c] = average[c];
  }
}

// Four neighbours of a row, which begins anywhere if SIZE is no multiple of 4.
fn four_of(row: u32, quad: u32) -> vec4f {
  if (SIZE % 4u == 0u || row == 0u) {
    return values[row * (SIZE / 4u) + quad];
  }
  let i = row * SIZE + 4u * quad + vec4u(0u, 1u, 2u, 3u);
  return vec4f(
    values[i.x / 4u][i.x % 4u],
    values[i.y / 4u][i.y % 4u],
    values[i.z / 4u][i.z % 4u],
    values[i.w / 4u][i.w % 4u],
  );
}
