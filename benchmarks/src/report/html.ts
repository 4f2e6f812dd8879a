/** The report as one HTML file that needs nothing else. */
import type { PeerReport } from "../peers/compare.js";
import type { Report } from "../run.js";
import { median } from "../stats.js";
import type { Row } from "../suite.js";
import { digits, few, percent, rate, seconds, timing } from "../text.js";
import { growthSection, rooflineSection } from "./plots.js";
import { STYLE } from "./style.js";
import { bars, escapeText, legend } from "./svg.js";

const COLORS = { kintsugi: "var(--ours)", tfjs: "var(--tfjs)", "jax-js": "var(--jax)" } as const;

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
<footer>Each number is the median of at least five runs after warm-up, with half the distance between the quartiles. FLOP are
useful ones: products with the border around an image are not counted. Made by <code>npm run bench</code>.</footer>
</main></body></html>
`;
}

function headline({ peak, rows, peers }: Report): string {
  const facts: [string, string][] = [
    [`${digits(peak.flops / 1e9)} GFLOP/s`, "the device at its best, multiplying and adding"],
    [`${digits(peak.bytes / 1e9)} GB/s`, "the device at its best, copying"],
  ];
  const best = rows
    .filter(({ group }) => group === "conv")
    .map(({ flops, time }) => flops! / time.median)
    .sort((a, b) => b - a)[0];
  if (best) facts.push([`${digits(best / 1e9)} GFLOP/s`, "our fastest convolution"]);
  const step = rows.find(({ group }) => group === "training");
  if (step) facts.push([step.note ?? seconds(step.time.median), `training, ${step.name}`]);
  if (peers) {
    const of = (kind: string) => peers.rows.filter((row) => row.kind === kind).map(({ ratios }) => closest(ratios));
    const kernels = of("kernel");
    if (kernels.length > 0)
      facts.push([`${median(kernels).toFixed(1)}×`, "the better of tfjs and jax-js, median kernel"]);
    const steps = of("training");
    if (steps.length > 0)
      facts.push([`${Math.min(...steps).toFixed(1)}×`, "the better of the two, training step, at least"]);
  }
  return `<div class="facts">${facts
    .map(([value, what]) => `<div class="fact"><b>${escapeText(value)}</b><span>${escapeText(what)}</span></div>`)
    .join("")}</div>`;
}

/** How many times faster we are than the better of the others. */
export function closest(ratios: Readonly<Record<string, number>>): number {
  return Math.min(...Object.values(ratios));
}

function peersSections(peers: PeerReport): string {
  const { versions } = peers;
  const names = Object.entries(COLORS).map(([name, color]) => ({
    name: name === "kintsugi" ? "Kintsugi" : `${name} ${versions[name as keyof typeof versions]}`,
    color,
  }));
  const section = (title: string, text: string, kinds: readonly string[]) => {
    const rows = peers.rows.filter(({ kind }) => kinds.includes(kind));
    if (rows.length === 0) return "";
    const groups = rows.map(({ name, times, ratios }) => ({
      name: name.replace(/ step, /, ", "),
      bars: Object.entries(COLORS).map(([library, color]) => {
        const time = times[library as keyof typeof times];
        const ratio = library === "kintsugi" ? "" : ` · ${ratios[library as keyof typeof ratios].toFixed(1)}×`;
        return { label: library, color, value: time.median, text: `${few(time)}${ratio}` };
      }),
    }));
    return `<section><h2>${title}</h2><p>${text}</p>${legend(names)}${bars(groups)}</section>`;
  };
  return (
    section(
      "Whole steps, against other libraries",
      `Time of one step, shorter is better; batch ${peers.batch}. Equal networks, weights and images; the losses agree.`,
      ["training", "completion"],
    ) +
    section(
      "Kernel by kernel, against other libraries",
      `The layers of a DCGAN at full width, batch ${peers.batch}: channels of the larger and the smaller image, and the side of the larger. Time, shorter is better; the factor says how many times longer than ours.`,
      ["kernel"],
    )
  );
}

function rowsSection({ rows, peak }: Report): string {
  const line = (row: Row) => {
    const { text, share } = rate(row, peak);
    return `<tr><td>${row.group}</td><td>${escapeText(row.name)}</td><td class="n">${timing(row.time)}</td><td class="n">${text}</td><td class="n">${percent(share)}</td><td>${escapeText(row.note ?? "")}</td></tr>`;
  };
  return `<section><h2>Everything that was measured</h2><p>Arithmetic as a share of the register peak, memory traffic as a share of the copy.</p>
<div class="scroll"><table><tr><th>group</th><th>case</th><th class="n">time</th><th class="n">rate</th><th class="n">of peak</th><th></th></tr>${rows
    .map(line)
    .join("")}</table></div></section>`;
}

function factsSection({ facts }: Report): string {
  if (facts.length === 0) return "";
  const lines = facts.map(
    ({ name, value, unit }) => `<tr><td>${escapeText(name)}</td><td class="n">${digits(value)} ${unit}</td></tr>`,
  );
  return `<section><h2>What a step costs beside its arithmetic</h2><div class="scroll"><table>${lines.join("")}</table></div></section>`;
}
