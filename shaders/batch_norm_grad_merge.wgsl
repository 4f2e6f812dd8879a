// Adds many parts of each group up to one, for batch_norm_grad_apply.wgsl, which would add them in every invocation.
// parts → whole, which is parts with PARTS = 1, see shared/merge_grad_sums.wgsl
// @import shared/elements_*.wgsl
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
// @import shared/merge_grad_sums.wgsl
@group(0) @binding(0) var<storage, read> parts: array<Element>;
@group(0) @binding(1) var<storage, read_write> whole: array<Element>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, groups, local, 64u);
  if (i >= GROUPS * ROW) {
    return;
  }
  let sums = merge(i / ROW, i % ROW);
  whole[2u * i] = sums.dz;
  whole[2u * i + 1u] = sums.dzx;
  let source = known_at(i / ROW, i % ROW);
  let first = 2u * GROUPS * ROW + 4u * i;
  for (var j = 0u; j < 4u; j++) {
    whole[first + j] = parts[source + j];
  }
}
