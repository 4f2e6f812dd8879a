// Sums of a chunk of rows for each channel; where there are several chunks, a second dispatch over the sums finishes.
// x [GROUP_ROWS, CHANNELS] → y [CHUNKS, CHANNELS]
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;

fn down(at: Column) {
  var sum = Element();
  for (var row = at.begin; row < at.end; row++) {
    sum += x[row * ROW + at.at];
  }
  y[at.index] = sum;
}
