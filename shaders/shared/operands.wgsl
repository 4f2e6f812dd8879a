// How the operands of a product are stored: as float32.
alias Stored = vec4f;

// The sum of products, from that of the stored numbers.
fn restored(sum: vec4f) -> vec4f {
  return sum;
}
