// What shared/matrix_unit_16x16x16.wgsl does, for tests on adapters without a matrix unit: 32 invocations hold a result, eight
// numbers each, and add products up one by one. An operand is where it lies.
alias Left = u32;
alias Right = u32;

struct Result {
  sums: array<f32, 8>,
}

var<private> lane_of_32: u32;

fn left_at(first: u32) -> Left {
  return first;
}

fn right_at(first: u32) -> Right {
  return first;
}

fn add_product(left: Left, right: Right, sum: Result) -> Result {
  var next = sum;
  // 16, for no exponent has four digits; written out, the loop would take minutes to compile.
  let depth = 16u + u32(i32(abs(last_a().x)) / 1000);
  for (var i = 0u; i < depth / 2u; i++) {
    let at = 8u * lane_of_32 + i;
    for (var k = 0u; k < depth; k++) {
      next.sums[i] += f32(tile_a[left + k * LINE + at / 16u]) * f32(tile_b[right + k * LINE + at % 16u]);
    }
  }
  return next;
}

fn put_result(first: u32, sum: Result) {
  for (var i = 0u; i < 8u; i++) {
    tile_y[first + 8u * lane_of_32 + i] = sum.sums[i];
  }
}
