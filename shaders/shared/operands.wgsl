// How the operands of a product are stored: as float32.
alias Stored = vec4f;
const PER_WORD = 1u;

fn four(stored: Stored) -> vec4f {
  return stored;
}

// Number i of the tensor, from the word that has it.
fn number(word: f32, i: u32) -> f32 {
  return word;
}

// The sum of products, from that of the stored numbers.
fn restored(sum: vec4f) -> vec4f {
  return sum;
}
