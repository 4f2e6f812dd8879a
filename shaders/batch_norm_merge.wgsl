// Merges many parts of each group into one, for batch_norm_merge_apply.wgsl, which would merge them in every invocation.
// parts [GROUPS·PARTS, ROW] → whole [GROUPS, ROW], both of (mean, M2)
// @import shared/elements_*.wgsl
// @import shared/columns.wgsl
// @import shared/linear_index.wgsl
// @import shared/merge_moments.wgsl
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
  let merged = merge(i / ROW, i % ROW);
  whole[2u * i] = merged.mean;
  whole[2u * i + 1u] = merged.m2;
}
