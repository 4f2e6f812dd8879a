// One plane of an image in workgroup memory, for those that fit.
var<workgroup> plane: array<f32, HEIGHT * WIDTH>;

fn peek(base: u32, p: u32) -> f32 {
  return plane[p];
}

fn poke(base: u32, p: u32, value: f32) {
  plane[p] = value;
}

fn settle() {
  workgroupBarrier();
}
