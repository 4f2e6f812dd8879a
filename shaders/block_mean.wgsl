// The mean of each SIDE×SIDE block. x [N, HEIGHT·SIDE, WIDTH·SIDE, CHANNELS] → y [N, HEIGHT, WIDTH, CHANNELS]
// @import shared/linear_index.wgsl
override SIZE: u32;
override WIDTH: u32;
override CHANNELS: u32;
override SIDE: u32;

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
  let c = i % CHANNELS;
  let w = i / CHANNELS % WIDTH;
  let row = i / (CHANNELS * WIDTH);
  var sum = 0.0;
  for (var a = 0u; a < SIDE; a++) {
    for (var b = 0u; b < SIDE; b++) {
      sum += x[((row * SIDE + a) * WIDTH * SIDE + w * SIDE + b) * CHANNELS + c];
    }
  }
  y[i] = sum / f32(SIDE * SIDE);
}
