// Sums of a chunk of rows for each channel; a second dispatch over the sums finishes.
// x [GROUP_ROWS, CHANNELS] → y [CHUNKS, CHANNELS]
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, groups, local, 64u);
  let at = column(i);
  if (!at.valid) {
    return;
  }
  var sum = 0.0;
  for (var row = at.begin; row < at.end; row++) {
    sum += x[row * CHANNELS + at.channel];
  }
  y[i] = sum;
}
