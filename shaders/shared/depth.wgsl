// Where along k a product is, for what finds its operands.

// A k, as where its slab begins, where its block of four begins, and the step within the block. What holds for a whole slab
// is the same for the whole workgroup, and a GPU computes it once and not in every invocation.
struct Depth {
  slab: u32,
  block: u32,
  step: u32,
}

// The tap that a k lies in, and its place within.
fn tap_of(at: Depth, channels: u32) -> vec2u {
  let k = at.block + at.step;
  let tap = select(k, at.slab, channels % SLAB == 0u) / channels;
  return vec2u(tap, k - tap * channels);
}

// Whether there is such a k: always where slabs are whole.
fn within(at: Depth, end: u32, whole: bool) -> vec4<bool> {
  return vec4<bool>(whole || at.block + at.step < end);
}
