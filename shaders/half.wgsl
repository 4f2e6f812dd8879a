// y[i] = float16(x[i] · 2^e), with e such that the largest finite |x| comes to lie in [2^14, 2^15): then nothing overflows,
// and what is 2^28 times smaller still has all its bits. The last vec4h of y holds e. What is not finite stays so, for
// divergence must be seen. Source: Micikevicius et al., Mixed precision training (2018), with a scale for each tensor.
// largest: maxima of COUNT chunks, from half_max.wgsl. A workgroup takes CHUNK neighbouring vec4f.
enable f16;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> largest: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4h>;

override SIZE: u32;
override COUNT: u32;
override CHUNK: u32;
const WORKGROUP = 256u;
// No power of two beyond these is a normal float32 together with its inverse.
const LIMIT = 113;

var<workgroup> lanes: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  lanes[local] = select(0u, largest[min(local, COUNT - 1u)], local < COUNT);
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) {
      lanes[local] = max(lanes[local], lanes[local + width]);
    }
  }
  workgroupBarrier();
  // The exponent of a float32 is that of the power of two below it; zeros and subnormals have −127.
  let e = clamp(14 - (i32(lanes[0] >> 23u) - 127), -LIMIT, LIMIT);
  let scale = bitcast<f32>(u32(e + 127) << 23u);
  let first = group.x * CHUNK;
  let end = min(first + CHUNK, (SIZE + 3u) / 4u);
  for (var i = first + local; i < end; i += WORKGROUP) {
    // What lies past the end may be anything.
    y[i] = vec4h(select(vec4f(), x[i] * scale, 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(SIZE)));
  }
  if (group.x == 0u && local == 0u) {
    y[arrayLength(&y) - 1u] = vec4h(f16(e));
  }
}
