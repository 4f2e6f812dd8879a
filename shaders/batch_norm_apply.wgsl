// y = leaky((x − mean)·gamma/√(variance + EPS) + beta), with the statistics of a batch or with running ones.
// x, y [GROUPS·GROUP_ROWS, CHANNELS], mean, variance [GROUPS, CHANNELS], gamma, beta [CHANNELS]
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
// @import shared/leaky.wgsl
override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

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
  let statistic = at.group * CHANNELS + at.channel;
  let center = mean[statistic];
  let factor = gamma[at.channel] * inverseSqrt(variance[statistic] + EPS);
  let shift = beta[at.channel];
  for (var row = at.begin; row < at.end; row++) {
    let at_row = row * CHANNELS + at.channel;
    y[at_row] = leaky((x[at_row] - center) * factor + shift);
  }
}
