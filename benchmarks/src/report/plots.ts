/** The two plots of the report: the roofline, and the growth of a training step. */

import { type GrowthFit, isAtMostLinear } from "../growth_fit.js";
import type { Report } from "../run.js";
import { median } from "../stats.js";
import type { Row } from "../suite.js";
import { digits, exponent, percent, seconds, verdict } from "../text.js";
import { escapeText, legend, logLog, logRange, type Series, tick } from "./svg.js";

/** FLOP per byte of a pointwise kernel is not counted; a multiplication and an addition per element stand for it. */
const POINTWISE_FLOPS_PER_BYTE = 1 / 6;

const KINDS: readonly (readonly [name: string, color: string, has: (row: Row) => boolean])[] = [
  ["forward", "var(--ours)", ({ group, name }) => group === "conv" && name.includes("forward")],
  ["input gradient", "var(--tfjs)", ({ group, name }) => group === "conv" && name.includes("input gradient")],
  ["filter gradient", "var(--jax)", ({ group, name }) => group === "conv" && name.includes("filter gradient")],
  ["dense product", "var(--third)", ({ group }) => group === "dense"],
  ["others", "var(--soft)", ({ group }) => group !== "conv" && group !== "dense"],
];

export function rooflineSection({ rows, peak }: Report): string {
  const intensity = ({ flops, bytes }: Row) => (flops === undefined ? POINTWISE_FLOPS_PER_BYTE : flops / bytes!);
  const speed = (row: Row) => (row.flops ?? row.bytes! * POINTWISE_FLOPS_PER_BYTE) / row.time.median;
  const roofAt = (x: number) => Math.min(peak.flops, peak.bytes * x);
  const share = (row: Row) => speed(row) / roofAt(intensity(row));
  const shown = rows.filter(({ group, bytes }) => bytes !== undefined && group !== "peak");
  if (shown.length === 0) return "";
  const xs = logRange(shown.map(intensity), 2);
  const ridge = peak.flops / peak.bytes;
  const roof: Series = {
    ...{ name: "the device's best", color: "var(--peak)", kind: "dashes" },
    points: [xs.min, ...(ridge > xs.min && ridge < xs.max ? [ridge] : []), xs.max].map((x) => ({ x, y: roofAt(x) })),
  };
  const dots = KINDS.map(
    ([name, color, has]): Series => ({
      ...{ name, color, kind: "dots" },
      points: shown.filter(has).map((row) => ({
        x: intensity(row),
        y: speed(row),
        label: `${row.group}: ${row.name}: ${digits(speed(row) / 1e9)} GFLOP/s, ${percent(share(row))} of the roof`,
      })),
    }),
  ).filter(({ points }) => points.length > 0);
  const series = [roof, ...dots];
  const ys = logRange(series.flatMap(({ points }) => points.map(({ y }) => y)));
  const plot = logLog(
    "Roofline",
    { label: "useful FLOP per byte that must move", format: tick, ...xs },
    { label: "GFLOP/s", format: (value) => tick(value / 1e9), ...ys },
    series,
  );
  const shares = shown.filter(({ group }) => group === "conv").map(share);
  const gist =
    shares.length === 0
      ? ""
      : `<p class="gist">Convolutions reach ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} of the roof above them, the median ${percent(median(shares))}.</p>`;
  return `<section><h2>Roofline</h2>${gist}<p>Each dot is a kernel. The slope is what the device can move, the ceiling what it can compute: the nearer, the better.</p>${legend(series)}${plot}</section>`;
}

const CURVES: Readonly<Record<string, { readonly name: string; readonly color: string }>> = {
  batch: { name: "batch", color: "var(--ours)" },
  width: { name: "width", color: "var(--tfjs)" },
  size: { name: "image side", color: "var(--jax)" },
};

const curveOf = (curve: string) => CURVES[curve] ?? { name: escapeText(curve), color: "var(--ink)" };

export function growthSection({ growth, fits }: Report): string {
  const series = [...new Set(growth.map(({ curve }) => curve))].map((curve): Series => {
    const { name, color } = curveOf(curve);
    const points = growth.filter((point) => point.curve === curve);
    return {
      ...{ name, color, kind: "line" },
      points: points.map(({ at, time, work }) => ({
        ...{ x: work, y: time.median },
        label: `${name} ${at}: ${seconds(time.median)}`,
      })),
    };
  });
  const all = series.flatMap(({ points }) => points);
  if (all.length < 2) return "";
  const [xs, ys] = [logRange(all.map(({ x }) => x)), logRange(all.map(({ y }) => y))];
  // From the dearest point down: where everything would lie if small steps were as efficient as it is.
  const most = all.reduce((a, b) => (b.x > a.x ? b : a));
  const left = Math.max(xs.min, (most.x * ys.min) / most.y);
  const linear: Series = {
    ...{ name: "in proportion to the arithmetic", color: "var(--soft)", kind: "dashes" },
    points: [left, most.x].map((x) => ({ x, y: (most.y * x) / most.x })),
  };
  const plot = logLog(
    "Growth of a training step",
    { label: "GFLOP of a step", format: (value) => tick(value / 1e9), ...xs },
    { label: "time", format: tickSeconds, ...ys },
    [linear, ...series],
  );
  return `<section><h2>Growth</h2><p class="gist">${gist(fits)}</p><p>A training step, larger in one respect at a time, from batch 16, width 16, 64×64. A curve no steeper than the dashes grows no worse than its arithmetic.</p>${legend([...series, linear])}${plot}${slopes(fits)}</section>`;
}

function gist(fits: readonly GrowthFit[]): string {
  const of = fits.map((fit) => `with ${curveOf(fit.curve).name} as work<sup>${fit.exponent.toFixed(2)}</sup>`);
  const claims = new Set(fits.map(verdict));
  const claim = claims.has("no")
    ? "some of it worse than linear"
    : claims.has("as a whole")
      ? "no worse than linear as a whole, worse in parts"
      : "nowhere worse than linear";
  return `Time grows ${of.join(", ")}: ${claim}.`;
}

/** The exponent of each curve, and those between its neighbours by colour: up to 1, above it within the spread, above it. */
function slopes(fits: readonly GrowthFit[]): string {
  const rows = fits.map((fit) => {
    const { name, color } = curveOf(fit.curve);
    const parts = fit.steps.map((step) => {
      const kind = step.exponent <= 1 ? "win" : isAtMostLinear(step) ? "open" : "lose";
      const title = `${exponent(step)} from ${step.from} to ${step.to}`;
      return `<span class="${kind}" title="${title}"><small>${step.from}→${step.to}</small> ${exponent(step).split(" ")[0]}</span>`;
    });
    return `<div><b style="color:${color}">${name}</b><em>${exponent(fit)}</em>${parts.join("")}</div>`;
  });
  return `<div class="slopes"><p>The exponent of each curve, and between neighbours: <span class="win">up to 1</span>, no worse than linear; <span class="open">above</span>, but within the spread of the runs; <span class="lose">worse</span> than linear.</p>${rows.join("")}</div>`;
}

const tickSeconds = (value: number) =>
  value >= 1 ? `${tick(value)} s` : value >= 1e-3 ? `${tick(value * 1e3)} ms` : `${tick(value * 1e6)} µs`;
