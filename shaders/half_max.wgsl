// largest[g] = max |x[i]| over the finite x of chunk g, as the bits of a float32: those of positive floats are ordered as
// the floats are. The first half of storing an operand as float16; half.wgsl is the second.
// A workgroup takes CHUNK neighbouring vec4f.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> largest: array<u32>;

override SIZE: u32;
override CHUNK: u32;
const WORKGROUP = 256u;
const INFINITY = 0x7f800000u;

var<workgroup> lanes: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = group.x * CHUNK;
  let end = min(first + CHUNK, (SIZE + 3u) / 4u);
  var most = vec4u();
  for (var i = first + local; i < end; i += WORKGROUP) {
    let bits = bitcast<vec4u>(x[i]) & vec4u(0x7fffffffu);
    let counts = (4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(SIZE)) & (bits < vec4u(INFINITY));
    most = max(most, select(vec4u(), bits, counts));
  }
  lanes[local] = max(max(most.x, most.y), max(most.z, most.w));
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) {
      lanes[local] = max(lanes[local], lanes[local + width]);
    }
  }
  if (local == 0u) {
    largest[group.x] = lanes[0];
  }
}
