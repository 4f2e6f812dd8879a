// How the operands of a product come in: as blocks of 4×4, four vectors, one for each k. Where four neighbours in memory
// are four k, the block is transposed in registers. The kernel defines find_a, find_b, which name the positions of four
// numbers in memory, and read_a4, read_b4, read_a, read_b, which fetch four neighbours or one, and last_a, last_b, which
// fetch the last vector of all; and B_WHOLE, which is true where tiles of B end with it and no position is outside. The core
// says in what type it wants them: Scalar, Quad, Block; and how many k it takes at once: SLAB.
// @import shared/depth.wgsl
// @import shared/block_numbers.wgsl

// A position of OUTSIDE or more is none: zero is taken for it, whatever a read of it gives. Unsigned coordinates that wrap
// below zero are outside.
const OUTSIDE = 0x80000000u;

const STEP = vec4u(0u, 1u, 2u, 3u);

// A block as it lies in memory, and which of its numbers there are. What is done with them waits for them, and may be done
// later: see the cores that fetch a slab while they multiply another.
struct Fetched {
  raw: Block,
  i: vec4<bool>,
  j: vec4<bool>,
  l: vec4<bool>,
  m: vec4<bool>,
}

// A block of a[row .. row+3, k .. k+3], of the slab that begins at `slab`.
fn load_a(part: Part, rows: Rows, slab: u32, k: u32) -> Block {
  return block_a(fetch_a(part, rows, slab, k));
}

// A block of b[k .. k+3, col .. col+3].
fn load_b(part: Part, slab: u32, k: u32, col: u32) -> Block {
  return block_b(fetch_b(part, slab, k, col));
}

fn fetch_a(part: Part, rows: Rows, slab: u32, k: u32) -> Fetched {
  let i = find_a(part, rows, Depth(slab, k, 0u));
  if (A_BY_FOUR && A_ALONG_K) {
    return fetched(Block(fours_a(i.x), fours_a(i.y), fours_a(i.z), fours_a(i.w)), i, i, i, i);
  }
  let j = find_a(part, rows, Depth(slab, k, 1u));
  let l = find_a(part, rows, Depth(slab, k, 2u));
  let m = find_a(part, rows, Depth(slab, k, 3u));
  if (A_BY_FOUR) {
    return fetched(Block(fours_a(i.x), fours_a(j.x), fours_a(l.x), fours_a(m.x)), i, j, l, m);
  }
  return fetched(Block(ones_a(i), ones_a(j), ones_a(l), ones_a(m)), i, j, l, m);
}

fn fetch_b(part: Part, slab: u32, k: u32, col: u32) -> Fetched {
  let i = find_b(part, Depth(slab, k, 0u), col);
  if (B_BY_FOUR && B_ALONG_K) {
    return fetched(Block(fours_b(i.x), fours_b(i.y), fours_b(i.z), fours_b(i.w)), i, i, i, i);
  }
  let j = find_b(part, Depth(slab, k, 1u), col);
  let l = find_b(part, Depth(slab, k, 2u), col);
  let m = find_b(part, Depth(slab, k, 3u), col);
  if (B_BY_FOUR) {
    return fetched(Block(fours_b(i.x), fours_b(j.x), fours_b(l.x), fours_b(m.x)), i, j, l, m);
  }
  return fetched(Block(ones_b(i), ones_b(j), ones_b(l), ones_b(m)), i, j, l, m);
}

fn fetched(raw: Block, i: vec4u, j: vec4u, l: vec4u, m: vec4u) -> Fetched {
  return Fetched(raw, i < vec4u(OUTSIDE), j < vec4u(OUTSIDE), l < vec4u(OUTSIDE), m < vec4u(OUTSIDE));
}

// Zero for what there is not, and k outermost.
fn block_a(f: Fetched) -> Block {
  if (A_BY_FOUR && A_ALONG_K) {
    return transpose(only_rows(f.raw, f.i));
  }
  if (A_BY_FOUR) {
    return only_rows(f.raw, vec4<bool>(f.i.x, f.j.x, f.l.x, f.m.x));
  }
  return only_numbers(f);
}

fn block_b(f: Fetched) -> Block {
  if (B_BY_FOUR && B_ALONG_K) {
    return transpose(only_rows(f.raw, f.i | vec4<bool>(B_WHOLE)));
  }
  if (B_BY_FOUR) {
    return only_rows(f.raw, vec4<bool>(f.i.x, f.j.x, f.l.x, f.m.x) | vec4<bool>(B_WHOLE));
  }
  return only_numbers(f);
}

fn only_rows(raw: Block, inside: vec4<bool>) -> Block {
  return Block(
    select(Quad(), raw[0], inside.x),
    select(Quad(), raw[1], inside.y),
    select(Quad(), raw[2], inside.z),
    select(Quad(), raw[3], inside.w),
  );
}

fn only_numbers(f: Fetched) -> Block {
  return Block(
    select(Quad(), f.raw[0], f.i),
    select(Quad(), f.raw[1], f.j),
    select(Quad(), f.raw[2], f.l),
    select(Quad(), f.raw[3], f.m),
  );
}
