/**
 * The arithmetic of a transposed convolution (Dumoulin and Visin 2016, "A guide to convolution arithmetic", §4): the input
 * spread out by the stride, a border of zeros, and a filter that passes over it pixel by pixel.
 */
import { box, COLORS, drawing, text } from "./drawing.js";

export interface Arithmetic {
  /** Side of the input. */
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  /** What is cut off the full result, as padding is called: before and after. */
  readonly padding: readonly [before: number, after: number];
}

/** Side of the output: (n − 1)·s + k − p_before − p_after. Below 1, there is none. */
export function outputSide({ input, kernel, stride, padding }: Arithmetic): number {
  return (input - 1) * stride + kernel - padding[0] - padding[1];
}

/** Along one axis: how many inputs reach output `o` through the filter. Two axes multiply. */
export function reaching({ input, kernel, stride, padding }: Arithmetic, o: number): number {
  let found = 0;
  for (let i = 0; i < input; i++) {
    const tap = o + padding[0] - i * stride;
    if (tap >= 0 && tap < kernel) found++;
  }
  return found;
}

/** Side of a drawn pixel. */
const CELL = 22;

export function drawTransposedConvolution(arithmetic: Arithmetic): string {
  const { input, kernel, stride, padding } = arithmetic;
  const [before, after] = padding;
  const output = outputSide(arithmetic);
  const border = kernel - 1 - before;
  const spreadSide = output + kernel - 1;
  const shown = Math.floor(output / 2);
  const height = 130 + CELL * spreadSide;
  const middle = 70 + (CELL * spreadSide) / 2;
  const margin = 28;
  const lefts = [margin, margin, margin];
  lefts[1] = margin + Math.max(CELL * input, 90) + 50;
  lefts[2] = lefts[1] + CELL * spreadSide + 50;
  const width = Math.max(lefts[2] + Math.max(CELL * output, 130) + margin, 620);
  const spreadTop = 70;

  const cells = (
    left: number,
    side: number,
    look: (row: number, column: number) => string,
    top = middle - (CELL * side) / 2,
  ) =>
    Array.from({ length: side * side }, (_, at) => {
      const [row, column] = [Math.floor(at / side), at % side];
      return box(left + column * CELL, top + row * CELL, CELL, CELL, look(row, column));
    });
  const line = `stroke="${COLORS.pale}"`;
  const real = `fill="${COLORS.blue}" fill-opacity="0.55" ${line}`;
  // Position of input i in the spread-out picture: border + i·stride.
  const isInput = (at: number) => at >= border && (at - border) % stride === 0 && (at - border) / stride < input;
  const isInside = (at: number) => at >= border && at <= border + (input - 1) * stride;
  const spreadLook = (row: number, column: number) => {
    if (isInput(row) && isInput(column)) return real;
    return isInside(row) && isInside(column) ? `fill="#eef2f6" ${line}` : `fill="#fff" ${line} stroke-dasharray="2 2"`;
  };
  const counts = Array.from({ length: output }, (_, o) => reaching(arithmetic, o));
  const most = Math.max(1, ...counts) ** 2;
  const outputLook = (row: number, column: number) =>
    `fill="${COLORS.gold}" fill-opacity="${(0.08 + (0.72 * counts[row]! * counts[column]!) / most).toFixed(2)}" ${line}`;
  const outputTop = middle - (CELL * output) / 2;
  const filterFrame = `fill="none" stroke="${COLORS.ink}" stroke-width="3"`;
  const centre = (left: number, side: number) => left + (CELL * side) / 2;

  return drawing(width, height + 40, "How a transposed convolution enlarges an image", [
    text(
      width / 2,
      26,
      `Transposed convolution: ${kernel}×${kernel}, stride ${stride}, padding ${before} and ${after}`,
      {
        size: 15,
        bold: true,
      },
    ),
    ...cells(lefts[0]!, input, () => real),
    ...cells(lefts[1]!, spreadSide, spreadLook, spreadTop),
    box(lefts[1]! + shown * CELL, spreadTop + shown * CELL, kernel * CELL, kernel * CELL, filterFrame),
    ...cells(lefts[2]!, output, outputLook),
    ...counts.flatMap((rows, row) =>
      counts.map((columns, column) =>
        text(lefts[2]! + (column + 0.5) * CELL, outputTop + (row + 0.68) * CELL, String(rows * columns), { size: 11 }),
      ),
    ),
    box(lefts[2]! + shown * CELL, outputTop + shown * CELL, CELL, CELL, filterFrame),
    text(lefts[1]! - 25, middle + 6, "→", { size: 20 }),
    text(lefts[2]! - 25, middle + 6, "→", { size: 20 }),
    text(centre(lefts[0]!, input), 54, `input ${input}×${input}`),
    text(
      centre(lefts[1]!, spreadSide),
      54,
      `zeros: ${stride - 1} between, ${border} before, ${kernel - 1 - after} after`,
    ),
    text(centre(lefts[2]!, output), 54, `output ${output}×${output}`),
    text(width / 2, height - 18, `(${input} − 1)·${stride} + ${kernel} − ${before} − ${after} = ${output}`, {
      size: 15,
    }),
    text(width / 2, height + 6, "framed: the filter, turned upside down, and the output that it gives there", {
      size: 12,
      color: "#52606d",
    }),
    text(width / 2, height + 24, "numbers: how many inputs reach each output", { size: 12, color: "#52606d" }),
  ]);
}
