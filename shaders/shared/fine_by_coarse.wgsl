// How blocks.wgsl fetches the operands of a filter gradient: A is `fine`, B is `coarse`.
fn read_a4(i: u32) -> Quad {
  return Quad(four(fine[i]));
}

fn read_a(i: u32) -> Scalar {
  return Scalar(number(fine[i / 4u][i % 4u / PER_WORD], i));
}

fn read_b4(i: u32) -> Quad {
  return Quad(four(coarse[i]));
}

fn read_b(i: u32) -> Scalar {
  return Scalar(number(coarse[i / 4u][i % 4u / PER_WORD], i));
}

fn last_a() -> Stored {
  return fine[arrayLength(&fine) - 1u];
}

fn last_b() -> Stored {
  return coarse[arrayLength(&coarse) - 1u];
}
