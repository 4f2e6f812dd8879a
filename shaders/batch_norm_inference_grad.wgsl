// dx = dy·leaky′(z)·gamma/√(variance + EPS), z = (x − mean)·gamma/√(variance + EPS) + beta, the statistics being constants.
// dy, x, dx [GROUP_ROWS, CHANNELS], all else [CHANNELS]
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
// @import shared/leaky.wgsl
override EPS: f32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

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
  let center = mean[at.channel];
  let factor = gamma[at.channel] * inverseSqrt(variance[at.channel] + EPS);
  let shift = beta[at.channel];
  for (var row = at.begin; row < at.end; row++) {
    let at_row = row * CHANNELS + at.channel;
    dx[at_row] = dy[at_row] * leaky_slope((x[at_row] - center) * factor + shift) * factor;
  }
}
