// y = leaky((x − mean)·gamma/√(variance + EPS) + beta), with statistics that are given.
// x, y [GROUPS·GROUP_ROWS, CHANNELS], mean, variance [GROUPS, CHANNELS], gamma, beta [CHANNELS]
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
// @import shared/leaky_elements.wgsl
override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> mean: array<Element>;
@group(0) @binding(2) var<storage, read> variance: array<Element>;
@group(0) @binding(3) var<storage, read> gamma: array<Element>;
@group(0) @binding(4) var<storage, read> beta: array<Element>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;

fn down(at: Column) {
  let statistic = at.group * ROW + at.at;
  let center = mean[statistic];
  let factor = gamma[at.at] * inverseSqrt(variance[statistic] + EPS);
  let shift = beta[at.at];
  for (var row = at.begin; row < at.end; row++) {
    y[row * ROW + at.at] = leaky((x[row * ROW + at.at] - center) * factor + shift);
  }
}
