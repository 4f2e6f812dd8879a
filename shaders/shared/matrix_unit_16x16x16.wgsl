// The matrix unit of a GPU: a subgroup multiplies matrices of 16×16 float16 numbers and adds the product to float32 sums.
// Source: Dawn, docs/dawn/features/subgroup_matrix.md. A type's parameters are columns, then rows. Each operand lies in
// workgroup memory, k outermost, in lines of LINE numbers: columns of A, rows of B.
enable subgroups;
enable chromium_experimental_subgroup_matrix;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Result = subgroup_matrix_result<f32, 16, 16>;

fn left_at(first: u32) -> Left {
  return subgroupMatrixLoad<Left, col_major>(&tile_a, first, LINE);
}

fn right_at(first: u32) -> Right {
  return subgroupMatrixLoad<Right, row_major>(&tile_b, first, LINE);
}

fn add_product(left: Left, right: Right, sum: Result) -> Result {
  return subgroupMatrixMultiplyAccumulate(left, right, sum);
}

// Leaves the sums in tile_y, row by row.
fn put_result(first: u32, sum: Result) {
  subgroupMatrixStore<row_major>(&tile_y, first, sum, 16u);
}
