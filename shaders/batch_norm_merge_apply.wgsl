// y = leaky((x − mean)·gamma/√(variance + EPS) + beta), with the statistics of each group, merged from its parts; the first
// chunk of a group writes them down. The variance is M2/n, biased.
// x, y [GROUPS·GROUP_ROWS, CHANNELS], mean, variance [GROUPS, CHANNELS], gamma, beta [CHANNELS]
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
// @import shared/leaky_elements.wgsl
// @import shared/merge_moments.wgsl
override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> parts: array<Element>;
@group(0) @binding(2) var<storage, read> gamma: array<Element>;
@group(0) @binding(3) var<storage, read> beta: array<Element>;
@group(0) @binding(4) var<storage, read_write> mean: array<Element>;
@group(0) @binding(5) var<storage, read_write> variance: array<Element>;
@group(0) @binding(6) var<storage, read_write> y: array<Element>;

fn down(at: Column) {
  let merged = merge(at.group, at.at);
  let spread = merged.m2 / f32(GROUP_ROWS);
  if (at.begin == at.group * GROUP_ROWS) {
    mean[at.group * ROW + at.at] = merged.mean;
    variance[at.group * ROW + at.at] = spread;
  }
  let factor = gamma[at.at] * inverseSqrt(spread + EPS);
  let shift = beta[at.at];
  for (var row = at.begin; row < at.end; row++) {
    y[row * ROW + at.at] = leaky((x[row * ROW + at.at] - merged.mean) * factor + shift);
  }
}
