// How the operands of a product are stored: as float16, times a power of two that brings the largest near the top of
// float16's range; half.wgsl makes them, and leaves the exponent in the last vec4h of the binding. The powers are taken
// out of a sum when it is complete, which is exact.
enable f16;

alias Stored = vec4h;

// The sum of products, from that of the stored numbers.
fn restored(sum: vec4f) -> vec4f {
  return sum * power(-last_a().x) * power(-last_b().x);
}

// 2^exponent
fn power(exponent: f16) -> f32 {
  return bitcast<f32>(u32(i32(exponent) + 127) << 23u);
}
