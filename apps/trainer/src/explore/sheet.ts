/** A sheet of pictures with words: rows of cells, each with an image, a sign or nothing, and a caption below. */
import { type Image, toRgba } from "@kintsugi/images";
import { escapeXml, FONT, rasterise } from "@kintsugi/images/node";

export interface Cell {
  readonly image?: Image;
  /** In place of an image: a sign or a few words, in the middle of the cell. */
  readonly text?: string;
  /** Below it, in small letters. */
  readonly caption?: string;
}

const GAP = 4;
const LETTERS = 11;
const CAPTION = LETTERS + 5;
/** Captions need this width. */
const LEAST_SIDE = 64;

/**
 * Draws rows of cells on white.
 *
 * @param size the side of every image
 * @param wanted pixels of the sheet for one of an image, repeated; by default the least that makes images 64 pixels wide
 */
export function sheet(rows: readonly (readonly Cell[])[], size: number, wanted?: number): Image {
  const scale = wanted ?? Math.max(1, Math.ceil(LEAST_SIDE / size));
  const side = size * scale;
  const width = Math.max(...rows.map((row) => row.length)) * (side + GAP) + GAP;
  const words: string[] = [];
  const pictures: { readonly image: Image; readonly left: number; readonly top: number }[] = [];
  let top = GAP;
  for (const row of rows) {
    row.forEach(({ image, text, caption }, column) => {
      const left = GAP + column * (side + GAP);
      const middle = left + side / 2;
      if (image) pictures.push({ image, left, top });
      if (text) words.push(letters(text, middle, top + side / 2 + 0.35 * signSize(text, side), signSize(text, side)));
      if (caption) words.push(letters(caption, middle, top + side + LETTERS + 1, LETTERS));
    });
    top += side + GAP + (row.some(({ caption }) => caption) ? CAPTION : 0);
  }
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}">`;
  const paper = rasterise(`${open}<rect width="100%" height="100%" fill="#fff"/>${words.join("")}</svg>`);
  for (const { image, left, top } of pictures) paste(paper, image, { left, top, scale });
  return paper;
}

/** Cells in rows of `columns`, as near to a square as they go unless told otherwise. */
export function wrapped<T>(cells: readonly T[], columns = Math.ceil(Math.sqrt(cells.length))): T[][] {
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
    cells.slice(row * columns, (row + 1) * columns),
  );
}

/** One character stands large; words stand small enough to fit. */
function signSize(text: string, side: number): number {
  return text.length === 1 ? side / 2 : Math.min(LETTERS + 1, (1.6 * side) / text.length);
}

function letters(text: string, x: number, y: number, size: number): string {
  const style = `font-family="${FONT}" font-size="${size}" text-anchor="middle" fill="#111"`;
  return `<text x="${x}" y="${y}" ${style}>${escapeXml(text)}</text>`;
}

function paste(
  paper: Image,
  image: Image,
  { left, top, scale }: { readonly left: number; readonly top: number; readonly scale: number },
): void {
  const rgba = toRgba(image);
  for (let y = 0; y < image.height * scale; y++) {
    for (let x = 0; x < image.width * scale; x++) {
      const from = 4 * (Math.floor(y / scale) * image.width + Math.floor(x / scale));
      const to = 3 * ((top + y) * paper.width + left + x);
      for (let c = 0; c < 3; c++) paper.values[to + c] = rgba[from + c]! / 127.5 - 1;
    }
  }
}
