// y[n,h,w,c] = values[b], b the byte at [h,w,c] of image picks[n,0] among packed images [M, H, W, C]; mirrored from left to
// right where picks[n,1] is 1. The value of a byte comes from a table, since WGSL's division may be off by 2.5 units in the
// last place and the host's is not.
// @import shared/linear_index.wgsl
override SIZE: u32;
override WIDTH: u32;
override CHANNELS: u32;
override IMAGE: u32; // bytes of one image

@group(0) @binding(0) var<storage, read> images: array<u32>; // four bytes each, the first the lowest
@group(0) @binding(1) var<storage, read> picks: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
  let n = i / IMAGE;
  let pixel = i % IMAGE / CHANNELS;
  let w = pixel % WIDTH;
  let column = select(w, WIDTH - 1u - w, picks[2u * n + 1u] == 1.0);
  let at = u32(picks[2u * n]) * IMAGE + (pixel - w + column) * CHANNELS + i % CHANNELS;
  y[i] = values[(images[at / 4u] >> (at % 4u * 8u)) & 255u];
}
