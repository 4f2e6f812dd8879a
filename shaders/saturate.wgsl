// y[n,h,w,c] = shares[n,0]·x[n,h,w,c] + shares[n,1]·mean over c of x[n,h,w,c]: each pixel's channels drawn towards their mean,
// or away from it. One invocation a pixel.
// @import shared/linear_index.wgsl
override SIZE: u32; // pixels
override PIXELS: u32; // of one image
override CHANNELS: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> shares: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pixel = linear_index(workgroup, groups, local, 64u);
  if (pixel >= SIZE) {
    return;
  }
  let n = pixel / PIXELS;
  var sum = 0.0;
  for (var c = 0u; c < CHANNELS; c++) {
    sum += x[pixel * CHANNELS + c];
  }
  let grey = shares[2u * n + 1u] * (sum / f32(CHANNELS));
  for (var c = 0u; c < CHANNELS; c++) {
    y[pixel * CHANNELS + c] = shares[2u * n] * x[pixel * CHANNELS + c] + grey;
  }
}
