// 1/(1 + e^(−x)), through e^(−|x|), which cannot overflow.
fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
