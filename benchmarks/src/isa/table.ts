/** The pipelines as a table: one row for each form that a kernel's code takes, the products first. */
import { type Counts, KINDS, type Pipeline } from "./assembly.js";

/** A form, and how many pipelines have it. */
export interface IsaRow extends Pipeline {
  readonly count: number;
}

/** Pipelines that differ in nothing but their overrides are one row, the overrides those of the first. */
export function rowsOf(pipelines: readonly Pipeline[]): IsaRow[] {
  const forms = new Map<string, IsaRow>();
  for (const pipeline of pipelines) {
    const { constants: _, inverseThroughput: __, instructions: ___, ...form } = pipeline;
    const key = JSON.stringify(form);
    const known = forms.get(key);
    forms.set(key, known ? { ...known, count: known.count + 1 } : { ...pipeline, count: 1 });
  }
  const rank = ({ product }: IsaRow) => (product ? 0 : 1);
  return [...forms.values()].sort((a, b) => rank(a) - rank(b) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

export const HEADER = [
  "kernel",
  "forms",
  "registers",
  "spilt",
  "LDS",
  "waves",
  "k loop",
  "around it",
  "multiply-adds",
  "load to use",
] as const;

/** The cells of a row, in the order of `HEADER`. */
export function cellsOf(row: IsaRow): string[] {
  const { label, count, registers, spills, lds, waves, product } = row;
  const plain = [label, String(count), String(registers), String(spills), String(lds), String(waves)];
  if (!product) return [...plain, "", "", "", ""];
  const { inner, turns, around, share, distance } = product;
  return [
    ...plain,
    `${turns > 1 ? `${turns}× ` : ""}${countsText(inner)}`,
    countsText(around),
    `${(100 * share).toFixed(1)} %`,
    String(distance),
  ];
}

export function tableOf(rows: readonly IsaRow[]): string {
  const lines = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return `${lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}

/** Such as "256 fma 2 valu 16 lds 4 salu". */
function countsText(counts: Counts): string {
  return KINDS.filter((kind) => kind !== "wait" && counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${kind}`)
    .join(" ");
}
