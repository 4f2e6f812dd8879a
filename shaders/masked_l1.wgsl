// The weighted L1 distance of each image (contextual loss, Yeh et al. 2017): y[n] = Σ weight·|x − goal|.
// x, goal [IMAGES, IMAGE], weight: one for CHANNELS neighbouring elements; one workgroup an image.
// @import shared/tree_sum.wgsl
override IMAGES: u32;
override IMAGE: u32;
override CHANNELS: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> goal: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let group = workgroup.y * groups.x + workgroup.x;
  if (group >= IMAGES) {
    return;
  }
  var sum = 0.0;
  for (var i = local; i < IMAGE; i += 256u) {
    let at = group * IMAGE + i;
    sum += weight[at / CHANNELS] * abs(x[at] - goal[at]);
  }
  let total = tree_sum(sum, local);
  if (local == 0u) {
    y[group] = total;
  }
}
