// y = x, and 0 in a box of BOX_HEIGHT×BOX_WIDTH pixels of each image whose first row and column are corners[n], whole numbers;
// the box may lie outside of the image, in part or altogether (DeVries and Taylor 2017).
// @import shared/linear_index.wgsl
override SIZE: u32;
override HEIGHT: u32;
override WIDTH: u32;
override CHANNELS: u32;
override BOX_HEIGHT: u32;
override BOX_WIDTH: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> corners: array<f32>;
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
  let h = i32(pixel / WIDTH % HEIGHT) - i32(corners[2u * n]);
  let w = i32(pixel % WIDTH) - i32(corners[2u * n + 1u]);
  let inside = h >= 0 && h < i32(BOX_HEIGHT) && w >= 0 && w < i32(BOX_WIDTH);
  y[i] = select(x[i], 0.0, inside);
}
