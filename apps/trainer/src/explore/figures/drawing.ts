/** The few shapes that the figures are made of, as SVG text. Knows nothing of what they show. */
import { escapeXml, FONT } from "@kintsugi/images/node";

export const COLORS = { ink: "#1f2933", pale: "#9aa5b1", line: "#d5dae0", blue: "#2f6fb2", gold: "#c8921a" } as const;

/** A whole drawing on white, with a title for those who cannot see it. */
export function drawing(width: number, height: number, title: string, shapes: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`;
  const paper = `<rect width="${width}" height="${height}" fill="#fff"/>`;
  return [open, `<title>${escapeXml(title)}</title>`, paper, ...shapes, "</svg>", ""].join("\n");
}

export interface Words {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly color?: string;
  readonly bold?: boolean;
}

export function text(x: number, y: number, words: string, options: Words = {}): string {
  const { size = 13, anchor = "middle", color = COLORS.ink, bold = false } = options;
  const weight = bold ? ' font-weight="bold"' : "";
  const font = `font-family="${FONT}, sans-serif" font-size="${size}"${weight}`;
  return `<text x="${n(x)}" y="${n(y)}" ${font} text-anchor="${anchor}" fill="${color}">${escapeXml(words)}</text>`;
}

/** Points joined by lines. */
export function path(points: readonly (readonly [x: number, y: number])[], style: string): string {
  return `<path d="M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join("L")}" ${style}/>`;
}

export function box(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" ${style}/>`;
}

export function dot(x: number, y: number, radius: number, style: string): string {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${radius}" ${style}/>`;
}

/** A horizontal axis with ticks at whole numbers. */
export function axis(from: number, to: number, y: number, place: (value: number) => number): string[] {
  const line = path(
    [
      [place(from), y],
      [place(to), y],
    ],
    `stroke="${COLORS.pale}" fill="none"`,
  );
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i).flatMap((value) => [
    path(
      [
        [place(value), y],
        [place(value), y + 5],
      ],
      `stroke="${COLORS.pale}" fill="none"`,
    ),
    text(place(value), y + 19, String(value).replace("-", "−"), { size: 12 }),
  ]);
  return [line, ...ticks];
}

/** Hundredths of a pixel are enough, and keep the file small. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}
