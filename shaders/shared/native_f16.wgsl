// How the core for matrix units reads float16 operands: as what they are.
// @import shared/restored.wgsl
enable f16;

alias Stored = vec4h;
const PER_WORD = 1u;

fn four(stored: Stored) -> vec4h {
  return stored;
}

// Number i of the tensor, from the word that has it.
fn number(word: f16, i: u32) -> f16 {
  return word;
}
