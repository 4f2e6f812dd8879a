// Projected Nesterov momentum: u = μv − rate·g, x ← clip(x − μv + (1+μ)u, ±LIMIT), v ← u (not touched by the clip).
// @import shared/linear_index.wgsl
override SIZE: u32;
override MOMENTUM: f32;
override LIMIT: f32;

@group(0) @binding(0) var<storage, read> dx: array<f32>;
@group(0) @binding(1) var<storage, read> rate: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;

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
  let v0 = v[i];
  let u = MOMENTUM * v0 - rate[0] * dx[i];
  v[i] = u;
  x[i] = clamp(x[i] - MOMENTUM * v0 + (1.0 + MOMENTUM) * u, -LIMIT, LIMIT);
}
