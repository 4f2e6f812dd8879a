// Sigmoid cross-entropy: y = max(x, 0) − x·goal + log(1 + e^(−|x|)). Below e = 1e-4 the logarithm is taken as e − e²/2,
// since 1 + e has lost e's digits.
// @import shared/linear_index.wgsl
override SIZE: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> goal: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

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
  let e = exp(-abs(x[i]));
  let log1p = select(log(1.0 + e), e - 0.5 * e * e, e < 1e-4);
  y[i] = max(x[i], 0.0) - x[i] * goal[i] + log1p;
}
