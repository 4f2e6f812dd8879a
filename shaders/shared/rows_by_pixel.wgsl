// The rows of a convolution: pixels one after the other, each of all images, so that a tap is outside for many rows at once.
fn image_of(rows: vec4u, pixels: u32) -> vec4u {
  return rows % BATCH;
}

fn pixel_of(rows: vec4u, pixels: u32) -> vec4u {
  return rows / BATCH;
}
