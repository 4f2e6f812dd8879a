// The sum over a workgroup of 256 as a tree of fixed shape, so that the same input gives the same bits.
var<workgroup> tree: array<f32, 256>;

fn tree_sum(value: f32, lane: u32) -> f32 {
  tree[lane] = value;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width >>= 1u) {
    if (lane < width) {
      tree[lane] += tree[lane + width];
    }
    workgroupBarrier();
  }
  return tree[0];
}
