// y = a·b for N×N matrices on a software adapter, as one would write it for a CPU: the 8 lanes lie along the columns, and
// an element of a is the same for all of them, so that loading it should cost one scalar load.
//
// It does not. Mesa 25.0 recognises an address as uniform only where it is a constant, and never inside a loop; every load
// becomes eight scalar loads, each behind a test of its lane, two reads of the descriptor and a bounds check: about 110
// instructions, as much as 10 to 35 multiplications of 8 lanes. 12 loads feed 32 multiplications here.
//
// N = 512, lavapipe 25.0.7 on 2 cores (busy): 4.0 to 9.5 GFLOP/s with 8×4 sums, 4.4 with 16×1, 2.1 with 8×1. The winner,
// shaders/shared/gemm_lanes_32x32.wgsl, lets each lane load something else and hands it round: 33 GFLOP/s.
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

override N: u32;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * 8u;
  let col = group.x * 32u + lane;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  for (var k = 0u; k < N; k++) {
    let from_b = k * N + col;
    let line = vec4f(b[from_b], b[from_b + 8u], b[from_b + 16u], b[from_b + 24u]);
    sum0 = fma(vec4f(a[row * N + k]), line, sum0);
    sum1 = fma(vec4f(a[(row + 1u) * N + k]), line, sum1);
    sum2 = fma(vec4f(a[(row + 2u) * N + k]), line, sum2);
    sum3 = fma(vec4f(a[(row + 3u) * N + k]), line, sum3);
    sum4 = fma(vec4f(a[(row + 4u) * N + k]), line, sum4);
    sum5 = fma(vec4f(a[(row + 5u) * N + k]), line, sum5);
    sum6 = fma(vec4f(a[(row + 6u) * N + k]), line, sum6);
    sum7 = fma(vec4f(a[(row + 7u) * N + k]), line, sum7);
  }
  put(row, col, sum0);
  put(row + 1u, col, sum1);
  put(row + 2u, col, sum2);
  put(row + 3u, col, sum3);
  put(row + 4u, col, sum4);
  put(row + 5u, col, sum5);
  put(row + 6u, col, sum6);
  put(row + 7u, col, sum7);
}

fn put(row: u32, col: u32, sum: vec4f) {
  y[row * N + col] = sum.x;
  y[row * N + col + 8u] = sum.y;
  y[row * N + col + 16u] = sum.z;
  y[row * N + col + 24u] = sum.w;
}
