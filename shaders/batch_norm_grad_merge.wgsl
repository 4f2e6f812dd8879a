// Adds the chunks' sums in a fixed order: per group for dx, over all groups for the parameters.
// partials [GROUPS·CHUNKS, CHANNELS] → sums [GROUPS, CHANNELS] of (Σ dz, Σ dz·x̂), dgamma = Σ dz·x̂, dbeta = Σ dz
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
@group(0) @binding(0) var<storage, read> partials: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dbeta: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, groups, local, 64u);
  if (i >= CHANNELS) {
    return;
  }
  var total = vec2f();
  for (var group = 0u; group < GROUPS; group++) {
    var sum = vec2f();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      sum += partials[(group * CHUNKS + chunk) * CHANNELS + i];
    }
    sums[group * CHANNELS + i] = sum;
    total += sum;
  }
  dbeta[i] = total.x;
  dgamma[i] = total.y;
}
