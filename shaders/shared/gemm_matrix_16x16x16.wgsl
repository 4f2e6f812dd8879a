// Core of a product Y = A·B for GPUs with matrix units: a workgroup of four subgroups of 32 computes 64×64 elements in slabs
// of 32 along k, which it keeps in workgroup memory as float16, k outermost. A subgroup owns a quarter, as four results of
// 16×16, which go through workgroup memory too, for only there is it known which element is where. The kernel that imports
// it defines what the other cores want; blocks.wgsl loads.
// @import shared/native_f16.wgsl
// @import shared/matrix_unit_16x16x16.wgsl
alias Scalar = f16;
alias Quad = vec4h;
alias Block = mat4x4h;

const TILE_ROWS = 64u;
const TILE_COLS = 64u;
const SLAB = 32u;
const SUBGROUP = 32u;
// Eight numbers more than a line has, so that lines begin in different banks; beginnings stay multiples of 16 bytes.
const LINE = 72u;

var<workgroup> tile_a: array<f16, 2304>;
var<workgroup> tile_b: array<f16, 2304>;
var<workgroup> tile_y: array<f32, 1024>;

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let part = begin(group.z);
  let row = group.y * TILE_ROWS;
  let col = group.x * TILE_COLS;
  if (row >= part.rows) {
    return;
  }
  // Neighbouring invocations read what neighbours in memory: along k, or along rows and columns.
  let at_a = select(vec2u(local % 16u, local / 16u), vec2u(local / 8u, local % 8u), A_ALONG_K);
  let at_b = select(vec2u(local % 16u, local / 16u), vec2u(local / 8u, local % 8u), B_ALONG_K);
  let rows = rows_at(part, row + 4u * at_a.x);
  let y = 32u * (subgroup / 2u);
  let x = 32u * (subgroup % 2u);
  var sum00: Result;
  var sum01: Result;
  var sum10: Result;
  var sum11: Result;
  for (var slab = part.start; slab < part.end; slab += SLAB) {
    put_a(4u * at_a.y * LINE + 4u * at_a.x, load_a(part, rows, slab, slab + 4u * at_a.y));
    put_b(4u * at_b.y * LINE + 4u * at_b.x, load_b(part, slab, slab + 4u * at_b.y, col + 4u * at_b.x));
    workgroupBarrier();
    for (var k = 0u; k < SLAB; k += 16u) {
      let a0 = left_at(k * LINE + y);
      let a1 = left_at(k * LINE + y + 16u);
      let b0 = right_at(k * LINE + x);
      let b1 = right_at(k * LINE + x + 16u);
      sum00 = add_product(a0, b0, sum00);
      sum01 = add_product(a0, b1, sum01);
      sum10 = add_product(a1, b0, sum10);
      sum11 = add_product(a1, b1, sum11);
    }
    workgroupBarrier();
  }
  store_result(part, row + y, col + x, subgroup, lane, sum00);
  store_result(part, row + y, col + x + 16u, subgroup, lane, sum01);
  store_result(part, row + y + 16u, col + x, subgroup, lane, sum10);
  store_result(part, row + y + 16u, col + x + 16u, subgroup, lane, sum11);
}

// Every subgroup has its own 256 places, and its lanes store four neighbours at a time.
fn store_result(part: Part, row: u32, col: u32, subgroup: u32, lane: u32, sum: Result) {
  let first = 256u * subgroup;
  put_result(first, sum);
  workgroupBarrier();
  for (var i = lane; i < 64u; i += SUBGROUP) {
    store(part, row + i / 4u, col + 4u * (i % 4u), restored(four_of(first + 4u * i)));
  }
  workgroupBarrier();
}

fn four_of(at: u32) -> vec4f {
  return vec4f(tile_y[at], tile_y[at + 1u], tile_y[at + 2u], tile_y[at + 3u]);
}

fn put_a(first: u32, block: Block) {
  for (var k = 0u; k < 4u; k++) {
    for (var i = 0u; i < 4u; i++) {
      tile_a[first + k * LINE + i] = block[k][i];
    }
  }
}

fn put_b(first: u32, block: Block) {
  for (var k = 0u; k < 4u; k++) {
    for (var i = 0u; i < 4u; i++) {
      tile_b[first + k * LINE + i] = block[k][i];
    }
  }
}
