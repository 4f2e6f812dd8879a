/** Everything in numbers, with a bar beside each share. */
import type { Report } from "../run.js";
import type { Row } from "../suite.js";
import { digits, percent, rate, timing } from "../text.js";
import { escapeText } from "./svg.js";

export function rowsSection({ rows, peak }: Report): string {
  if (rows.length === 0) return "";
  const line = (row: Row) => {
    const { text, share } = rate(row, peak);
    const bar = `<i style="width:${(100 * Math.min(1, share)).toFixed(1)}%"></i>`;
    const note = row.note ? ` <small>${escapeText(row.note)}</small>` : "";
    return `<tr><td>${escapeText(row.name)}${note}</td><td class="n">${timing(row.time)}</td><td class="n rate">${text}</td><td class="share"><div>${bar}</div><span>${percent(share)}</span></td></tr>`;
  };
  const group = (name: string) => {
    const own = rows.filter((row) => row.group === name);
    return `<tbody><tr><th colspan="4" class="group">${escapeText(name.replaceAll("_", " "))}</th></tr>${own.map(line).join("")}</tbody>`;
  };
  const groups = [...new Set(rows.map((row) => row.group))];
  return `<section><h2>Everything that was measured</h2><p>Arithmetic as a share of the register peak, memory traffic as a share of the copy, which what fits into a cache can exceed.</p>
<table><thead><tr><th>case</th><th class="n">time</th><th class="n rate">rate</th><th class="share">of peak</th></tr></thead>${groups
    .map(group)
    .join("")}</table></section>`;
}

export function factsSection({ facts }: Report): string {
  if (facts.length === 0) return "";
  const lines = facts.map(
    ({ name, value, unit }) => `<div><dt>${escapeText(name)}</dt><dd>${digits(value)} ${unit}</dd></div>`,
  );
  return `<section><h2>What a step costs beside its arithmetic</h2><dl>${lines.join("")}</dl></section>`;
}
