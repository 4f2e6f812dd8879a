// The two sums that the gradient of batch normalisation needs, over one chunk of rows: with x̂ = (x − mean)·rstd and
// dz = dy·leaky′(gamma·x̂ + beta), (Σ dz, Σ dz·x̂). The first chunk of a group also writes down what is known of it.
// dy, x [GROUPS·GROUP_ROWS, CHANNELS] → parts, see shared/merge_grad_sums.wgsl, with PARTS = CHUNKS
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
// @import shared/leaky_elements.wgsl
override EPS: f32;

@group(0) @binding(0) var<storage, read> dy: array<Element>;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> mean: array<Element>;
@group(0) @binding(3) var<storage, read> variance: array<Element>;
@group(0) @binding(4) var<storage, read> gamma: array<Element>;
@group(0) @binding(5) var<storage, read> beta: array<Element>;
@group(0) @binding(6) var<storage, read_write> parts: array<Element>;

fn down(at: Column) {
  let statistic = at.group * ROW + at.at;
  let center = mean[statistic];
  let rstd = inverseSqrt(variance[statistic] + EPS);
  let factor = gamma[at.at] * rstd;
  let shift = beta[at.at];
  var dz_sum = Element();
  var dzx_sum = Element();
  for (var row = at.begin; row < at.end; row++) {
    let deviation = x[row * ROW + at.at] - center;
    let dz = dy[row * ROW + at.at] * leaky_slope(deviation * factor + shift);
    dz_sum += dz;
    dzx_sum += dz * deviation * rstd;
  }
  parts[2u * at.index] = dz_sum;
  parts[2u * at.index + 1u] = dzx_sum;
  if (at.begin == at.group * GROUP_ROWS) {
    let known = 2u * GROUPS * CHUNKS * ROW + 4u * statistic;
    parts[known] = center;
    parts[known + 1u] = rstd;
    parts[known + 2u] = factor;
    parts[known + 3u] = shift;
  }
}
