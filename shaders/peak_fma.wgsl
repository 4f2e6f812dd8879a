// What the device can add and multiply: a loop of fused multiply-adds on registers alone, for benchmarks.
// Each invocation does ROUNDS times two steps of 8 independent vec4 chains v = v·a + b, 128 FLOP, and writes the sum, so
// that nothing can be left out. a and b come from memory, so that nothing can be computed beforehand.
override ROUNDS: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = vec4f(x[0]);
  let b = vec4f(x[1]);
  let s = f32(id.x & 63u);
  var v0 = vec4f(s);
  var v1 = vec4f(s + 1.0);
  var v2 = vec4f(s + 2.0);
  var v3 = vec4f(s + 3.0);
  var v4 = vec4f(s + 4.0);
  var v5 = vec4f(s + 5.0);
  var v6 = vec4f(s + 6.0);
  var v7 = vec4f(s + 7.0);
  for (var i = 0u; i < ROUNDS; i++) {
    v0 = fma(v0, a, b);
    v1 = fma(v1, a, b);
    v2 = fma(v2, a, b);
    v3 = fma(v3, a, b);
    v4 = fma(v4, a, b);
    v5 = fma(v5, a, b);
    v6 = fma(v6, a, b);
    v7 = fma(v7, a, b);
    v0 = fma(v0, a, b);
    v1 = fma(v1, a, b);
    v2 = fma(v2, a, b);
    v3 = fma(v3, a, b);
    v4 = fma(v4, a, b);
    v5 = fma(v5, a, b);
    v6 = fma(v6, a, b);
    v7 = fma(v7, a, b);
  }
  let sum = v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7;
  y[id.x] = sum.x + sum.y + sum.z + sum.w;
}
