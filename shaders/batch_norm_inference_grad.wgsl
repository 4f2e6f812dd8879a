// dx = dy·leaky′(z)·gamma/√(variance + EPS), z = (x − mean)·gamma/√(variance + EPS) + beta, the statistics being constants.
// dy, x, dx [GROUP_ROWS, CHANNELS], all else [CHANNELS]
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
@group(0) @binding(6) var<storage, read_write> dx: array<Element>;

fn down(at: Column) {
  let center = mean[at.at];
  let factor = gamma[at.at] * inverseSqrt(variance[at.at] + EPS);
  let shift = beta[at.at];
  for (var row = at.begin; row < at.end; row++) {
    let i = row * ROW + at.at;
    dx[i] = dy[i] * leaky_slope((x[i] - center) * factor + shift) * factor;
  }
}
