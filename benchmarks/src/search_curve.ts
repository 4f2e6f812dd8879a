/**
 * Draws how the losses of searches fall: `node benchmarks/dist/search_curve.js --out curve.svg NAME=OUT/losses.csv …`, each file as
 * `kintsugi complete` writes it. A row of numbers for each goes to stdout.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { escapeText, logLog, logRange, type Series } from "./report/svg.js";

/** Iterations that are drawn, from 1 on: a logarithm has no 0. */
const SHOWN = [1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 50, 60, 75, 100, 150, 200, 300, 500, 700, 1000];
const TABLE = [0, 10, 20, 30, 50, 75, 100, 1000];
const COLORS = ["#9aa5b1", "#2f6fb2", "#c8921a", "#2e8b57", "#a23b72", "#444444"];

/** Mean total loss over images at each iteration, from the text of a `losses.csv`; with how many images there are. */
export function meanLosses(csv: string): { readonly images: number; readonly mean: ReadonlyMap<number, number> } {
  const [header, ...lines] = csv.trim().split("\n");
  const columns = header!.split(",");
  const [image, iteration, total] = ["image", "iteration", "total"].map((name) => columns.indexOf(name));
  if (![image, iteration, total].every((column) => column! >= 0)) {
    throw new Error(`the first line is ${header}; it must name image, iteration and total`);
  }
  const sums = new Map<number, { sum: number; count: number }>();
  const images = new Set<string>();
  for (const line of lines) {
    const cells = line.split(",");
    images.add(cells[image!]!);
    const at = Number(cells[iteration!]);
    const { sum, count } = sums.get(at) ?? { sum: 0, count: 0 };
    sums.set(at, { sum: sum + Number(cells[total!]), count: count + 1 });
  }
  const whole = [...sums].filter(([, { count }]) => count === images.size);
  return { images: images.size, mean: new Map(whole.map(([at, { sum, count }]) => [at, sum / count])) };
}

/** The curves as a drawing of its own, on white. */
export function curveFigure(
  curves: readonly { readonly name: string; readonly mean: ReadonlyMap<number, number> }[],
): string {
  const series = curves.map(({ name, mean }, i): Series => {
    const points = SHOWN.flatMap((x) => (mean.has(x) ? [{ x, y: mean.get(x)! }] : []));
    return { name, color: COLORS[i % COLORS.length]!, points, kind: "line" };
  });
  const all = series.flatMap(({ points }) => points);
  const whole = (value: number) => String(Math.round(value));
  const x = { label: "iterations", format: whole, min: 1, max: Math.max(...all.map((point) => point.x)) };
  const y = {
    label: "mean total loss",
    format: whole,
    ...logRange(
      all.map((point) => point.y),
      1.05,
    ),
  };
  const legend = series.map(
    ({ name, color }, i) =>
      `<circle cx="330" cy="${30 + 20 * i}" r="5" fill="${color}"/><text x="342" y="${34 + 20 * i}">${escapeText(name)}</text>`,
  );
  const style =
    "<style>text{font:13px DejaVu Sans,sans-serif;fill:#1f2933}.grid{stroke:#d5dae0}</style>" +
    '<rect width="100%" height="100%" fill="#fff"/>';
  return logLog("How the loss falls", x, y, series)
    .replace(/^<svg ([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="420" $1>${style}`)
    .replace("</svg>", `${legend.join("")}</svg>\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
  if (!values.out || positionals.length === 0 || !positionals.every((one) => one.includes("="))) {
    throw new Error("give --out FILE.svg and, for each curve, NAME=FOLDER/losses.csv");
  }
  const curves = await Promise.all(
    positionals.map(async (one) => {
      const [name, path] = [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)];
      return { name, ...meanLosses(await readFile(path, "utf8")) };
    }),
  );
  await writeFile(values.out, curveFigure(curves));
  console.log(["curve", "images", ...TABLE].join("\t"));
  for (const { name, images, mean } of curves) {
    console.log([name, images, ...TABLE.map((at) => mean.get(at)?.toFixed(0) ?? "")].join("\t"));
  }
}

if (process.argv[1] && basename(process.argv[1]) === basename(fileURLToPath(import.meta.url))) {
  await main().catch((error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 2;
  });
}
