// What the cores with workgroup memory share: how a block of 4×4 enters it.
// @import shared/sums.wgsl

fn put_a(first: u32, block: mat4x4f) {
  tile_a[first] = block[0];
  tile_a[first + QUADS] = block[1];
  tile_a[first + 2u * QUADS] = block[2];
  tile_a[first + 3u * QUADS] = block[3];
}

fn put_b(first: u32, block: mat4x4f) {
  tile_b[first] = block[0];
  tile_b[first + QUADS] = block[1];
  tile_b[first + 2u * QUADS] = block[2];
  tile_b[first + 3u * QUADS] = block[3];
}

// sum[row] + a[row] · b
fn outer(sum: mat4x4f, a: vec4f, b: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(a.x), b, sum[0]),
    fma(vec4f(a.y), b, sum[1]),
    fma(vec4f(a.z), b, sum[2]),
    fma(vec4f(a.w), b, sum[3]),
  );
}
