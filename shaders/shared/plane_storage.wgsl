// One plane of an image in the result itself, where it is too large for workgroup memory: every CHANNELS-th element.
fn peek(base: u32, p: u32) -> f32 {
  return x[base + p * CHANNELS];
}

fn poke(base: u32, p: u32, value: f32) {
  x[base + p * CHANNELS] = value;
}

fn settle() {
  storageBarrier();
}
