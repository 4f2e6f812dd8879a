// Mean and sum of squared deviations of each channel over one chunk of rows; shared/merge_moments.wgsl merges the chunks.
// Two passes over the chunk: Σx² − (Σx)²/n would cancel where the mean is far from 0.
// x [GROUPS·GROUP_ROWS, CHANNELS] → parts [GROUPS·CHUNKS, ROW] of (mean, M2)
// @import shared/elements_*.wgsl
// @import shared/down_columns.wgsl
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> parts: array<Element>;

fn down(at: Column) {
  var sum = Element();
  for (var row = at.begin; row < at.end; row++) {
    sum += x[row * ROW + at.at];
  }
  let mean = sum / f32(at.end - at.begin);
  var m2 = Element();
  for (var row = at.begin; row < at.end; row++) {
    let deviation = x[row * ROW + at.at] - mean;
    m2 += deviation * deviation;
  }
  parts[2u * at.index] = mean;
  parts[2u * at.index + 1u] = m2;
}
