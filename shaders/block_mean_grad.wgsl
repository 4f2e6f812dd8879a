// The adjoint of block_mean.wgsl: dx = dy/SIDE² over the block. WIDTH is that of dy.
// @import shared/linear_index.wgsl
override SIZE: u32;
override WIDTH: u32;
override CHANNELS: u32;
override SIDE: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;

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
  let w = i / CHANNELS % (WIDTH * SIDE);
  let row = i / (CHANNELS * WIDTH * SIDE);
  dx[i] = dy[(row / SIDE * WIDTH + w / SIDE) * CHANNELS + c] / f32(SIDE * SIDE);
}
