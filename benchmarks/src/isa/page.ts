/** The table of a family as a page of the report, one file that needs nothing else. */
import { STYLE } from "../report/style.js";
import { escapeText } from "../report/svg.js";
import { cellsOf, HEADER, type IsaRow } from "./table.js";

export interface IsaFacts {
  readonly family: string;
  readonly width: number;
  readonly batch: number;
  readonly precision: string;
  readonly pipelines: number;
}

export function renderIsa({ family, width, batch, precision, pipelines }: IsaFacts, rows: readonly IsaRow[]): string {
  const cells = (tag: string, values: readonly string[]) =>
    values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Kintsugi on ${escapeText(family)}, as compiled</title><style>${STYLE}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{text-align:left;padding:5px 14px 5px 0;border-top:1px solid var(--line)}th{color:var(--soft);font-weight:500}</style></head>
<body><main><h1>What the kernels become on ${escapeText(family)}</h1>
<p>${pipelines} pipelines of a training and a completion step, width ${width}, batch ${batch}, ${escapeText(precision)},
compiled by Mesa's RADV for a GPU that is not there. Kernels that come out the same share a row.</p>
<section class="wide"><table><thead><tr>${cells("th", HEADER)}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells("td", cellsOf(row))}</tr>`).join("\n")}</tbody></table></section>
<footer>Made by <code>npm run bench -- isa --family ${escapeText(family)}</code>. Multiply-adds: their share of all vector
instructions of a product's two loops. Load to use: instructions between a slab's load and its first use, at least.</footer>
</main></body></html>
`;
}
