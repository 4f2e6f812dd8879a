// What the cores for subgroups of 8 lanes share.
// @import shared/sums.wgsl

// The block of another lane.
fn of_lane(block: mat4x4f, lane: u32) -> mat4x4f {
  return mat4x4f(
    subgroupShuffle(block[0], lane),
    subgroupShuffle(block[1], lane),
    subgroupShuffle(block[2], lane),
    subgroupShuffle(block[3], lane),
  );
}
