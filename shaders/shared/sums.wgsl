// The arithmetic of a block of 4×4 sums, in float32 however the operands are stored.
// @import shared/operands*.wgsl
// @import shared/store_block.wgsl

alias Scalar = f32;
alias Quad = vec4f;
alias Block = mat4x4f;

// sum[row] + Σ a[row][k] · b[k] for four rows and four k.
fn add(sum: mat4x4f, b: mat4x4f, a: mat4x4f) -> mat4x4f {
  return mat4x4f(add_row(sum[0], b, a[0]), add_row(sum[1], b, a[1]), add_row(sum[2], b, a[2]), add_row(sum[3], b, a[3]));
}

fn add_row(sum: vec4f, b: mat4x4f, a: vec4f) -> vec4f {
  return fma(b[3], vec4f(a.w), fma(b[2], vec4f(a.z), fma(b[1], vec4f(a.y), fma(b[0], vec4f(a.x), sum))));
}

fn choose(no: mat4x4f, yes: mat4x4f, condition: bool) -> mat4x4f {
  return mat4x4f(
    select(no[0], yes[0], condition),
    select(no[1], yes[1], condition),
    select(no[2], yes[2], condition),
    select(no[3], yes[3], condition),
  );
}
