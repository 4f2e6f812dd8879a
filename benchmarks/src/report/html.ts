/** The report as one HTML file that needs nothing else. */
import type { Report } from "../run.js";
import { median } from "../stats.js";
import { digits, seconds } from "../text.js";
import { closest, peersSections } from "./peers.js";
import { growthSection, rooflineSection } from "./plots.js";
import { STYLE } from "./style.js";
import { escapeText } from "./svg.js";
import { factsSection, rowsSection } from "./tables.js";

export function renderHtml(report: Report): string {
  const { adapter, date, machine } = report;
  const sections = [
    report.peers ? peersSections(report.peers) : "",
    `<div class="two">${rooflineSection(report)}${growthSection(report)}</div>`,
    rowsSection(report),
    factsSection(report),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Kintsugi benchmarks: ${escapeText(adapter)}, ${date}</title><style>${STYLE}</style></head>
<body><main><h1>How fast is Kintsugi here?</h1>
<p>${escapeText(adapter)}. ${escapeText(Object.values(machine).join("; "))}. ${date}. Medians; every result was verified before it was timed${
    report.software ? "; a software adapter computes on the processor, which it shares with everything else" : ""
  }.</p>
${headline(report)}
${sections.join("\n")}
<footer>Each number is the median of at least five runs after warm-up with half the distance between
the quartiles. FLOP are useful ones: products with the border around an image are not counted. Made by
<code>npm run bench</code>.</footer>
</main></body></html>
`;
}

function headline({ peak, rows, peers }: Report): string {
  const facts: [value: string, unit: string, what: string][] = [];
  if (peers) {
    const of = (kind: string) => peers.rows.filter((row) => row.kind === kind).map(({ ratios }) => closest(ratios));
    for (const kind of ["training", "completion"]) {
      const steps = of(kind);
      if (steps.length > 0)
        facts.push([`${Math.min(...steps).toFixed(1)}×`, "", `the better peer's speed at least, a ${kind} step`]);
    }
    const kernels = of("kernel");
    if (kernels.length > 0)
      facts.push([`${median(kernels).toFixed(1)}×`, "", "the better peer's speed, the median kernel"]);
  }
  const step = rows.find(({ group }) => group === "training");
  if (step) {
    const [value, unit] = (step.note ?? seconds(step.time.median)).split(" ");
    facts.push([value!, unit ?? "", `training, ${step.name}`]);
  }
  const convolutions = rows.filter(({ group }) => group === "conv").map(({ flops, time }) => flops! / time.median);
  if (convolutions.length > 0)
    facts.push([digits(Math.max(...convolutions) / 1e9), "GFLOP/s", "our fastest convolution"]);
  facts.push([digits(peak.flops / 1e9), "GFLOP/s", "the device at its best, multiplying and adding"]);
  facts.push([digits(peak.bytes / 1e9), "GB/s", "the device at its best, copying"]);
  return `<div class="facts">${facts
    .map(([value, unit, what]) => `<div class="fact"><b>${value} <small>${unit}</small></b><span>${what}</span></div>`)
    .join("")}</div>`;
}
