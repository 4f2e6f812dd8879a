// y[i] = leaky(bias[i mod CHANNELS] + Σ partials[s,i]), the sum over s < SPLITS in order, so that its bits never vary.
// An invocation computes one element.
// @import shared/linear_index.wgsl
// @import shared/epilogue.wgsl

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

override LENGTH: u32;
override SPLITS: u32;
override CHANNELS: u32 = 1u;

const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, WORKGROUP);
  if (i >= LENGTH) {
    return;
  }
  var sum = 0.0;
  for (var split = 0u; split < SPLITS; split++) {
    sum += partials[split * LENGTH + i];
  }
  y[i] = leaky(sum + select(0.0, bias[i % CHANNELS], HAS_BIAS));
}
