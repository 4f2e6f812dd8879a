// How the operands of a product are stored: as float16, scaled (restored.wgsl). Two of them are read as one word: a load is
// dear on adapters that run on a CPU, and unpacking is cheap everywhere.
// @import shared/restored.wgsl
alias Stored = vec2u;
const PER_WORD = 2u;

fn four(stored: Stored) -> vec4f {
  return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y));
}

// Number i of the tensor, from the word that has it.
fn number(word: u32, i: u32) -> f32 {
  return unpack2x16float(word)[i % PER_WORD];
}
