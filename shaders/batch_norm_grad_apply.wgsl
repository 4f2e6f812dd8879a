// dx = gamma·rstd·(dz − Σdz/n − x̂·Σ(dz·x̂)/n), n = GROUP_ROWS, dz = dy·leaky′(gamma·x̂ + beta), x̂ = (x − mean)·rstd.
// dy, x, dx [GROUPS·GROUP_ROWS, CHANNELS], sums [GROUPS, CHANNELS] of (Σ dz, Σ dz·x̂)
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
@group(0) @binding(6) var<storage, read> sums: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;

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
  let rstd = inverseSqrt(variance[statistic] + EPS);
  let factor = gamma[at.channel] * rstd;
  let shift = beta[at.channel];
  let means = sums[statistic] / f32(GROUP_ROWS);
  for (var row = at.begin; row < at.end; row++) {
    let at_row = row * CHANNELS + at.channel;
    let deviation = x[at_row] - center;
    let dz = dy[at_row] * leaky_slope(deviation * factor + shift);
    dx[at_row] = factor * (dz - means.x - deviation * rstd * means.y);
  }
}
