// Adam (Kingma and Ba 2015): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², x ← clip(x − rate·m/(√v + eps), ±LIMIT).
// rate = (step size with bias correction, eps), from the host: powers of β in float32 would drift.
// @import shared/linear_index.wgsl
override SIZE: u32;
override BETA1: f32;
override BETA2: f32;
// 1 − β from the host's float64: in float32 1 − 0.999 is off by 5e-5 of itself.
override GAIN1: f32;
override GAIN2: f32;
// The largest float32 stands for no limit.
override LIMIT: f32 = 3.4028234e38;

@group(0) @binding(0) var<storage, read> dx: array<f32>;
@group(0) @binding(1) var<storage, read> rate: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

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
  let g = dx[i];
  let m1 = BETA1 * m[i] + GAIN1 * g;
  let v1 = BETA2 * v[i] + GAIN2 * g * g;
  m[i] = m1;
  v[i] = v1;
  x[i] = clamp(x[i] - rate[0] * m1 / (sqrt(v1) + rate[1]), -LIMIT, LIMIT);
}
