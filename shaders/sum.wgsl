// The sum of each of GROUPS stretches of SPAN elements, cut into PARTS of CHUNK, one workgroup a part: 256 strided partial
// sums, then a tree. Where there is more than one part, a second dispatch adds the parts.
// With SQUARED, the sum of the squares.
// x [GROUPS, SPAN] → y [GROUPS, PARTS]
// @import shared/tree_sum.wgsl
override GROUPS: u32;
override SPAN: u32;
override PARTS: u32 = 1u;
override CHUNK: u32;
override SQUARED: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let group = workgroup.y * groups.x + workgroup.x;
  if (group >= GROUPS * PARTS) {
    return;
  }
  let begin = group % PARTS * CHUNK;
  if (begin >= SPAN) {
    if (local == 0u) {
      y[group] = 0.0;
    }
    return;
  }
  var sum = 0.0;
  let end = min(begin + CHUNK, SPAN);
  for (var i = begin + local; i < end; i += 256u) {
    let value = x[group / PARTS * SPAN + i];
    sum += select(value, value * value, SQUARED);
  }
  let total = tree_sum(sum, local);
  if (local == 0u) {
    y[group] = total;
  }
}
