/** The second figure: a transposed convolution, value by value, computed by the kernel that the generator uses. */
import { type Backend, convTranspose2d, input } from "@kintsugi/autodiff";
import { sameTransposedGeometry } from "@kintsugi/geometry";
import { shape } from "./shape.js";

const SIDE = 3;
const STRIDE = 2;
const KERNEL = 3;
const COARSE = Float32Array.of(1, 3, 2, 0, 2, 1, 3, 1, 2);
const FILTER = Float32Array.of(1, 2, 1, 2, 4, 2, 1, 2, 1);

/** Which cells of a grid are outlined: a square, cut off at the border. */
interface Outline {
  readonly row: number;
  readonly column: number;
  readonly side: number;
}

export interface Stamps {
  /** Shows the large picture after so many of the small one's values. */
  show(count: number): Promise<void>;
}

export async function createStamps(backend: Backend, find: (id: string) => SVGSVGElement): Promise<Stamps> {
  const geometry = sameTransposedGeometry([1, SIDE, SIDE, 1], [KERNEL, KERNEL, 1, 1], STRIDE);
  const x = input("x", [1, SIDE, SIDE, 1]);
  const weight = input("weight", [KERNEL, KERNEL, 1, 1]);
  const program = { name: "stamps", outputs: { fine: convTranspose2d(x, weight, geometry) } };
  const executable = await backend.compile(program);
  drawGrid(find("filter"), FILTER, KERNEL, undefined, "The filter");
  return {
    async show(count) {
      await executable.run({ x: COARSE.map((value, i) => (i < count ? value : 0)), weight: FILTER });
      const { fine } = await executable.read("fine");
      const [row, column] = [Math.floor((count - 1) / SIDE), (count - 1) % SIDE];
      const last = count > 0 ? { row, column, side: 1 } : undefined;
      const stamp = count > 0 && {
        row: row * STRIDE - geometry.padTop,
        column: column * STRIDE - geometry.padLeft,
        side: KERNEL,
      };
      drawGrid(find("coarse"), COARSE, SIDE, last, "The small picture");
      drawGrid(find("fine"), fine!, SIDE * STRIDE, stamp || undefined, `The large picture after ${count} stamps`);
    },
  };
}

function drawGrid(
  svg: SVGSVGElement,
  values: Float32Array,
  side: number,
  outline: Outline | undefined,
  label: string,
): void {
  const most = Math.max(1, ...values);
  const cells = [...values].flatMap((value, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    const rect = { x: column + 0.03, y: row + 0.03, width: 0.94, height: 0.94, rx: 0.1 };
    return [
      shape("rect", { ...rect, class: "cell" }),
      shape("rect", { ...rect, class: "ink", opacity: (0.55 * value) / most }),
      shape("text", { x: column + 0.5, y: row + 0.63, "text-anchor": "middle" }, String(value)),
    ];
  });
  if (outline) {
    const { row, column, side: length } = outline;
    const [top, left] = [Math.max(0, row), Math.max(0, column)];
    const size = { width: Math.min(side, column + length) - left, height: Math.min(side, row + length) - top };
    cells.push(shape("rect", { x: left, y: top, ...size, rx: 0.12, class: "outline" }));
  }
  svg.setAttribute("viewBox", `-0.05 -0.05 ${side + 0.1} ${side + 0.1}`);
  const rows = Array.from({ length: side }, (_, row) => values.slice(row * side, (row + 1) * side).join(" "));
  svg.setAttribute("aria-label", `${label}: ${rows.join("; ")}`);
  svg.replaceChildren(...cells);
}
