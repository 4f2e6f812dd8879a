// Merges the chunks' moments of each channel in a fixed order (Chan, Golub and LeVeque 1979):
// mean = a.mean + δ·n_b/n, M2 = a.M2 + b.M2 + δ²·n_a·n_b/n, δ = b.mean − a.mean; variance = M2/n (biased).
// partials [GROUPS·CHUNKS, CHANNELS] → mean, variance [GROUPS, CHANNELS]
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
@group(0) @binding(0) var<storage, read> partials: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, groups, local, 64u);
  if (i >= GROUPS * CHANNELS) {
    return;
  }
  let group = i / CHANNELS;
  let channel = i % CHANNELS;
  var count = 0.0;
  var merged = vec2f();
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    let part = partials[(group * CHUNKS + chunk) * CHANNELS + channel];
    let rows = f32(min(CHUNK_ROWS, GROUP_ROWS - chunk * CHUNK_ROWS));
    let total = count + rows;
    let delta = part.x - merged.x;
    merged = vec2f(merged.x + delta * (rows / total), merged.y + part.y + delta * delta * (count * rows / total));
    count = total;
  }
  mean[i] = merged.x;
  variance[i] = merged.y / count;
}
