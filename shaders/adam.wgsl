// Adam (Kingma and Ba 2015): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², x ← clip(x − rate·m/(√v + eps), ±LIMIT).
// rate = (step size with bias correction, eps), from the host: powers of β in float32 would drift. With DECAY = 1, rate[2] is
// the share of x that goes first: decoupled weight decay (Loshchilov and Hutter 2019).
// @import shared/linear_index.wgsl
override SIZE: u32;
override BETA1: f32;
override BETA2: f32;
// 1 − β from the host's float64: in float32 1 − 0.999 is off by 5e-5 of itself.
override GAIN1: f32;
override GAIN2: f32;
// The largest float32 stands for no limit.
override LIMIT: f32 = 3.4028234e38;
override DECAY: u32 = 0u;

@group(0) @binding(0) var<storage, read> dx: array<vec4f>;
@group(0) @binding(1) var<storage, read> rate: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = linear_index(workgroup, groups, local, 64u);
  if (4u * quad >= SIZE) {
    return;
  }
  let g = dx[quad];
  let m1 = BETA1 * m[quad] + GAIN1 * g;
  let v1 = BETA2 * v[quad] + GAIN2 * g * g;
  var x0 = x[quad];
  if (DECAY == 1u) {
    x0 -= rate[2] * x0;
  }
  let x1 = clamp(x0 - rate[0] * m1 / (sqrt(v1) + rate[1]), vec4f(-LIMIT), vec4f(LIMIT));
  if (4u * quad + 4u <= SIZE) {
    m[quad] = m1;
    v[quad] = v1;
    x[quad] = x1;
    return;
  }
  for (var c = 0u; 4u * quad + c < SIZE; c++) {
    m[quad][c] = m1[c];
    v[quad][c] = v1[c];
    x[quad][c] = x1[c];
  }
}
