// The numbers of a block by their positions: `fours` and `ones` as they lie in memory, `each_four` with zero for what there
// is not.

fn fours_a(i: u32) -> Quad {
  return read_a4(i / 4u);
}

fn fours_b(i: u32) -> Quad {
  return read_b4(i / 4u);
}

fn ones_a(i: vec4u) -> Quad {
  return Quad(read_a(i.x), read_a(i.y), read_a(i.z), read_a(i.w));
}

fn ones_b(i: vec4u) -> Quad {
  return Quad(read_b(i.x), read_b(i.y), read_b(i.z), read_b(i.w));
}

fn each_four_a(i: vec4u) -> Block {
  return Block(four_a(i.x), four_a(i.y), four_a(i.z), four_a(i.w));
}

fn each_four_b(i: vec4u) -> Block {
  return Block(four_b(i.x), four_b(i.y), four_b(i.z), four_b(i.w));
}

fn four_a(i: u32) -> Quad {
  return select(Quad(), read_a4(i / 4u), i < OUTSIDE);
}

fn four_b(i: u32) -> Quad {
  return select(Quad(), read_b4(i / 4u), B_WHOLE || i < OUTSIDE);
}

// The positions in B, where they are inside.
fn only_b(i: vec4u, inside: vec4<bool>) -> vec4u {
  return select(vec4u(OUTSIDE), i, inside | vec4<bool>(B_WHOLE));
}
