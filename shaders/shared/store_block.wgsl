// How the cores store a block of 4×4 sums: row by row, as the kernel says.
fn store_block(part: Part, row: u32, col: u32, sum: mat4x4f) {
  store(part, row, col, restored(sum[0]));
  store(part, row + 1u, col, restored(sum[1]));
  store(part, row + 2u, col, restored(sum[2]));
  store(part, row + 3u, col, restored(sum[3]));
}
