// dx = gamma·rstd·(dz − Σdz/n − x̂·Σ(dz·x̂)/n), n = GROUP_ROWS, dz = dy·leaky′(gamma·x̂ + beta), x̂ = (x − mean)·rstd; and for
// the parameters, over all groups, dgamma = Σ dz·x̂, dbeta = Σ dz. The sums are merged from parts.
// dy, x, dx [GROUPS·GROUP_ROWS, CHANNELS], parts as in shared/merge_grad_sums.wgsl, dgamma, dbeta [CHANNELS]
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
// @import shared/leaky_elements.wgsl
// @import shared/merge_grad_sums.wgsl
@group(0) @binding(0) var<storage, read> dy: array<Element>;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> parts: array<Element>;
@group(0) @binding(3) var<storage, read_write> dx: array<Element>;
@group(0) @binding(4) var<storage, read_write> dgamma: array<Element>;
@group(0) @binding(5) var<storage, read_write> dbeta: array<Element>;

fn down(at: Column) {
  let known = known_at(at.group, at.at);
  let center = parts[known];
  let rstd = parts[known + 1u];
  let factor = parts[known + 2u];
  let shift = parts[known + 3u];
  let sums = merge(at.group, at.at);
  let dz_mean = sums.dz / f32(GROUP_ROWS);
  let dzx_mean = sums.dzx / f32(GROUP_ROWS);
  for (var row = at.begin; row < at.end; row++) {
    let deviation = x[row * ROW + at.at] - center;
    let dz = dy[row * ROW + at.at] * leaky_slope(deviation * factor + shift);
    dx[row * ROW + at.at] = factor * (dz - dz_mean - deviation * rstd * dzx_mean);
  }
  if (at.begin == 0u) {
    var total = sums;
    for (var group = 1u; group < GROUPS; group++) {
      let other = merge(group, at.at);
      total.dz += other.dz;
      total.dzx += other.dzx;
    }
    dgamma[at.at] = total.dzx;
    dbeta[at.at] = total.dz;
  }
}
