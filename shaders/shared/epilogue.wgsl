// What follows a product before it is stored: y = leaky(sum + bias). SLOPE 1 leaves the sum as it is, 0 is ReLU.
override HAS_BIAS: bool = false;
override SLOPE: f32 = 1.0;

fn leaky(value: f32) -> f32 {
  return select(value * SLOPE, value, value > 0.0);
}
