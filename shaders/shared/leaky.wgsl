// Leaky ReLU with SLOPE: 1 is the identity, 0 is ReLU. At 0 the derivative is 1, but 0 for ReLU.
override SLOPE: f32 = 1.0;

fn leaky(x: f32) -> f32 {
  return select(SLOPE * x, x, x > 0.0);
}

// The derivative, from the input or the output of leaky(): both have the same sign.
fn leaky_slope(x: f32) -> f32 {
  return select(SLOPE, 1.0, x > 0.0 || (x == 0.0 && SLOPE > 0.0));
}

fn leaky4(x: vec4f) -> vec4f {
  return select(SLOPE * x, x, x > vec4f());
}

fn leaky_slope4(x: vec4f) -> vec4f {
  return select(vec4f(SLOPE), vec4f(1.0), (x > vec4f()) | ((x == vec4f()) & vec4<bool>(SLOPE > 0.0)));
}
