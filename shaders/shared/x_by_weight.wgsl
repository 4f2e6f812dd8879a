// How blocks.wgsl fetches the operands of a convolution, forward or transposed: A is `x`, B is `weight`.
fn read_a4(i: u32) -> Quad {
  return Quad(four(x[i]));
}

fn read_a(i: u32) -> Scalar {
  return Scalar(number(x[i / 4u][i % 4u / PER_WORD], i));
}

fn read_b4(i: u32) -> Quad {
  return Quad(four(weight[i]));
}

fn read_b(i: u32) -> Scalar {
  return Scalar(number(weight[i / 4u][i % 4u / PER_WORD], i));
}

fn last_a() -> Stored {
  return x[arrayLength(&x) - 1u];
}

fn last_b() -> Stored {
  return weight[arrayLength(&weight) - 1u];
}
