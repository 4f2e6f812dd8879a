// Float16 operands are stored times a power of two that brings the largest near the top of float16's range; half.wgsl makes
// them, and leaves the exponent in the last four of the binding. The powers are taken out of a sum when it is complete, which
// is exact.
fn restored(sum: vec4f) -> vec4f {
  return sum * power(f32(-four(last_a()).x)) * power(f32(-four(last_b()).x));
}

// 2^exponent
fn power(exponent: f32) -> f32 {
  return bitcast<f32>(u32(i32(exponent) + 127) << 23u);
}
