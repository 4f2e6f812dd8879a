/** Pictures in rows that say what they are, as one image. */
import { enlarged, grid, type Image, unstack } from "@kintsugi/images";
import { escapeXml, FONT, rasterise } from "@kintsugi/images/node";

export interface SheetRow {
  readonly mask: string;
  readonly method: string;
  /** [count, size, size, channels] in [−1, 1]. */
  readonly values: Float32Array;
}

/** Pictures that a title is as wide as. */
const TITLE = 2;

/** @param shape of each row */
export function titledSheet(rows: readonly SheetRow[], shape: Parameters<typeof unstack>[1]): Image {
  const [count] = shape;
  const side = Math.ceil(256 / shape[1]) * shape[1];
  const titles = titleCells(rows, side);
  const cells = rows.flatMap(({ values }, row) => [
    ...titles.slice(row * TITLE, (row + 1) * TITLE),
    ...unstack(values, shape).map(enlarged),
  ]);
  return grid(cells, count + TITLE);
}

function titleCells(rows: readonly SheetRow[], side: number): Image[] {
  const [width, height] = [TITLE * side, rows.length * side];
  const lines = rows.map(({ mask, method }, row) => {
    const line = (text: string, share: number, weight: string) =>
      `<text x="${0.1 * side}" y="${(row + share) * side}" font-weight="${weight}">${escapeXml(text)}</text>`;
    return line(mask, 0.45, "bold") + line(method, 0.75, "normal");
  });
  const drawn = rasterise(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>` +
      `<g font-family="${FONT}" font-size="${0.2 * side}" fill="#222">${lines.join("")}</g></svg>`,
  );
  return Array.from({ length: rows.length * TITLE }, (_, cell) => {
    const [top, left] = [Math.floor(cell / TITLE) * side, (cell % TITLE) * side];
    const values = new Float32Array(side * side * 3);
    for (let y = 0; y < side; y++) {
      const from = ((top + y) * width + left) * 3;
      values.set(drawn.values.subarray(from, from + side * 3), y * side * 3);
    }
    return { width: side, height: side, channels: 3, values };
  });
}
