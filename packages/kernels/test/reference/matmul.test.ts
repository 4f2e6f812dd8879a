import { expect, it } from "vitest";
import { matmul } from "../../reference/matmul.js";
import "../close.js";

const transpose = (x: readonly number[], rows: number, cols: number) =>
  Array.from({ length: x.length }, (_, at) => x[(at % rows) * cols + Math.floor(at / rows)]!);

const a = [1, 2, 3, 4, 5, 6]; // 2×3
const b = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]; // 3×4

it.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])("2×3 times 3×4, transposeA %s, transposeB %s", (transposeA, transposeB) => {
  const left = transposeA ? transpose(a, 2, 3) : a;
  const right = transposeB ? transpose(b, 3, 4) : b;
  expect(matmul({ m: 2, n: 4, k: 3, transposeA, transposeB }, left, right)).toBeAllClose([
    74, 80, 86, 92, 173, 188, 203, 218,
  ]);
});
