// The rows of a convolution: images one after the other, pixel by pixel.
fn image_of(rows: vec4u, pixels: u32) -> vec4u {
  return rows / pixels;
}

fn pixel_of(rows: vec4u, pixels: u32) -> vec4u {
  return rows % pixels;
}
