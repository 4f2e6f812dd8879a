// Poisson blending (Pérez et al. 2003): x = y where mask is not 0; elsewhere Σ_q (x_p − x_q) − (g_p − g_q) = 0 over the
// 4-neighbours q inside the image. x − g is harmonic in the hole, so one plane, x − g, is all that is iterated on:
// SWEEPS of red-black over-relaxation from 0. y, g, x [IMAGES, HEIGHT, WIDTH, CHANNELS], mask [IMAGES, HEIGHT, WIDTH];
// one workgroup an image and channel. A fixed number of sweeps: no readback, the same bits every time.
// @import shared/plane_*.wgsl
override GROUPS: u32;
override HEIGHT: u32;
override WIDTH: u32;
override CHANNELS: u32;
override SWEEPS: u32;
override OMEGA: f32;

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let group = workgroup.y * groups.x + workgroup.x;
  if (group >= GROUPS) {
    return;
  }
  let pixels = HEIGHT * WIDTH;
  let known = group / CHANNELS * pixels;
  let base = known * CHANNELS + group % CHANNELS;
  for (var p = local; p < pixels; p += 256u) {
    var gap = 0.0;
    if (mask[known + p] != 0.0) {
      gap = y[base + p * CHANNELS] - g[base + p * CHANNELS];
    }
    poke(base, p, gap);
  }
  settle();
  let half = (WIDTH + 1u) / 2u;
  for (var step = 0u; step < 2u * SWEEPS; step++) {
    for (var k = local; k < HEIGHT * half; k += 256u) {
      let i = k / half;
      let j = 2u * (k % half) + ((i + step) & 1u);
      if (j < WIDTH && mask[known + i * WIDTH + j] == 0.0) {
        relax(base, i, j);
      }
    }
    settle();
  }
  for (var p = local; p < pixels; p += 256u) {
    let at = base + p * CHANNELS;
    if (mask[known + p] != 0.0) {
      x[at] = y[at];
    } else {
      x[at] = peek(base, p) + g[at];
    }
  }
}

// Moves a pixel past the mean of its neighbours; beyond the border there are none.
fn relax(base: u32, i: u32, j: u32) {
  let p = i * WIDTH + j;
  var sum = 0.0;
  var count = 0.0;
  if (i > 0u) {
    sum += peek(base, p - WIDTH);
    count += 1.0;
  }
  if (i + 1u < HEIGHT) {
    sum += peek(base, p + WIDTH);
    count += 1.0;
  }
  if (j > 0u) {
    sum += peek(base, p - 1u);
    count += 1.0;
  }
  if (j + 1u < WIDTH) {
    sum += peek(base, p + 1u);
    count += 1.0;
  }
  let old = peek(base, p);
  // An image of one pixel has no neighbours at all.
  poke(base, p, old + OMEGA * (sum / max(count, 1.0) - select(0.0, old, count > 0.0)));
}
