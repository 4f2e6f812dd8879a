// Takes the place of load_a in shared/blocks.wgsl: what a batch norm and its leaky ReLU make of x is never stored, each product
// makes it anew while it loads: leaky(x·factor + shift), zero outside of the image. One load of factor and shift for the four
// loads of a block. A_CHANNELS is how many channels x has.
//
// Right to 9e-6. Lost: with a stride of 2 and 5×5 taps each number is loaded 6.25 times for every 32 columns, and the batch
// norm's own dispatch takes 1 to 7 % of what the product does. Normalising as it loads, the product takes 1.05 to 1.26 of the
// time of both at width 16, and the filter gradient, which needs the same numbers, would do so again. Numbers in README.md.
override BEFORE: f32 = 0.2;

@group(0) @binding(4) var<storage, read> factor: array<vec4f>;
@group(0) @binding(5) var<storage, read> shift: array<vec4f>;

fn load_a(part: Part, rows: Rows, k: u32) -> Block {
  let i = find_a(part, rows, k);
  let channel = k % A_CHANNELS / 4u;
  let f = factor[channel];
  let s = shift[channel];
  return transpose(Block(normal(i.x, f, s), normal(i.y, f, s), normal(i.z, f, s), normal(i.w, f, s)));
}

fn normal(i: u32, f: vec4f, s: vec4f) -> Quad {
  let z = fma(four_a(i), f, s);
  return select(Quad(), select(BEFORE * z, z, z > Quad()), i < OUTSIDE);
}
