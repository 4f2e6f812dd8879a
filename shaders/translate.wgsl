// y[n,h,w,c] = x[n, h − offsets[n,0], w − offsets[n,1], c], and 0 where that lies outside of the image. The offsets are whole.
// @import shared/linear_index.wgsl
override SIZE: u32;
override HEIGHT: u32;
override WIDTH: u32;
override CHANNELS: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> offsets: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

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
  let pixel = i / CHANNELS;
  let n = pixel / (WIDTH * HEIGHT);
  let h = i32(pixel / WIDTH % HEIGHT) - i32(offsets[2u * n]);
  let w = i32(pixel % WIDTH) - i32(offsets[2u * n + 1u]);
  var value = 0.0;
  if (h >= 0 && h < i32(HEIGHT) && w >= 0 && w < i32(WIDTH)) {
    value = x[((n * HEIGHT + u32(h)) * WIDTH + u32(w)) * CHANNELS + i % CHANNELS];
  }
  y[i] = value;
}
