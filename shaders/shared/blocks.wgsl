// How the operands of a product come in: as blocks of 4×4, four vectors, one for each k. Where four neighbours in memory
// are four k, the block is transposed in registers. The kernel defines find_a, find_b, which name the positions of four
// numbers in memory, and read_a4, read_b4, read_a, read_b, which fetch four neighbours or one, and last_a, last_b, which
// fetch the last vector of all; and B_WHOLE, which is true where tiles of B end with it and no position is outside. The core
// says in what type it wants them: Scalar, Quad, Block; and how many k it takes at once: SLAB.

// A position of OUTSIDE or more is none: zero is taken for it, whatever a read of it gives. Unsigned coordinates that wrap
// below zero are outside.
const OUTSIDE = 0x80000000u;

const STEP = vec4u(0u, 1u, 2u, 3u);

// A block of a[row .. row+3, k .. k+3].
fn load_a(part: Part, rows: Rows, k: u32) -> Block {
  let i = find_a(part, rows, k);
  if (A_BY_FOUR && A_ALONG_K) {
    return transpose(each_four_a(i));
  }
  let j = find_a(part, rows, k + 1u);
  let l = find_a(part, rows, k + 2u);
  let m = find_a(part, rows, k + 3u);
  if (A_BY_FOUR) {
    return Block(four_a(i.x), four_a(j.x), four_a(l.x), four_a(m.x));
  }
  return Block(each_a(i), each_a(j), each_a(l), each_a(m));
}

// A block of b[k .. k+3, col .. col+3].
fn load_b(part: Part, k: u32, col: u32) -> Block {
  let i = find_b(part, k, col);
  if (B_BY_FOUR && B_ALONG_K) {
    return transpose(each_four_b(i));
  }
  let j = find_b(part, k + 1u, col);
  let l = find_b(part, k + 2u, col);
  let m = find_b(part, k + 3u, col);
  if (B_BY_FOUR) {
    return Block(four_b(i.x), four_b(j.x), four_b(l.x), four_b(m.x));
  }
  return Block(each_b(i), each_b(j), each_b(l), each_b(m));
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

fn each_a(i: vec4u) -> Quad {
  return select(Quad(), Quad(read_a(i.x), read_a(i.y), read_a(i.z), read_a(i.w)), i < vec4u(OUTSIDE));
}

fn each_b(i: vec4u) -> Quad {
  return select(Quad(), Quad(read_b(i.x), read_b(i.y), read_b(i.z), read_b(i.w)), i < vec4u(OUTSIDE));
}

// The positions in B, where they are inside.
fn only_b(i: vec4u, inside: vec4<bool>) -> vec4u {
  return select(vec4u(OUTSIDE), i, inside | vec4<bool>(B_WHOLE));
}
