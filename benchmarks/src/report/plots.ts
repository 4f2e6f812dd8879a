/** The two plots of the report: the roofline, and the growth of a training step. */
import type { Report } from "../run.js";
import type { Row } from "../suite.js";
import { digits, exponent, seconds } from "../text.js";
import { legend, logLog, logRange, type Series } from "./svg.js";

/** FLOP per byte of a pointwise kernel is not counted; a multiplication and an addition per element stand for it. */
const POINTWISE_FLOPS_PER_BYTE = 1 / 6;

export function rooflineSection({ rows, peak }: Report): string {
  const intensity = ({ flops, bytes }: Row) => (flops === undefined ? POINTWISE_FLOPS_PER_BYTE : flops / bytes!);
  const shown = rows.filter(({ group, bytes }) => bytes !== undefined && group !== "peak");
  if (shown.length === 0) return "";
  const dots = (group: (name: string) => boolean, name: string, color: string): Series => ({
    name,
    color,
    kind: "dots",
    points: shown
      .filter((row) => group(row.group))
      .map((row) => {
        const flops = row.flops ?? row.bytes! * POINTWISE_FLOPS_PER_BYTE;
        const y = flops / row.time.median;
        return { x: intensity(row), y, label: `${row.name}: ${digits(y / 1e9)} GFLOP/s` };
      }),
  });
  const xs = logRange(shown.map(intensity), 2);
  const ridge = peak.flops / peak.bytes;
  const roof = [xs.min, ...(ridge > xs.min && ridge < xs.max ? [ridge] : []), xs.max].map((x) => ({
    x,
    y: Math.min(peak.flops, peak.bytes * x),
  }));
  const ceiling: Series = { name: "roof", color: "var(--peak)", kind: "dashes", points: roof };
  const series = [
    ceiling,
    dots((group) => group === "conv", "convolutions", "var(--ours)"),
    dots((group) => group === "dense", "dense product", "var(--third)"),
    dots((group) => group !== "conv" && group !== "dense", "norms, Adam, pointwise", "var(--tfjs)"),
  ].filter(({ points }) => points.length > 0);
  const ys = logRange(series.flatMap(({ points }) => points.map(({ y }) => y)));
  const plot = logLog(
    "Roofline",
    { label: "useful FLOP per byte that must move", format: digits, ...xs },
    { label: "GFLOP/s", format: (value) => digits(value / 1e9), ...ys },
    series,
  );
  return `<section><h2>Roofline</h2><p>How close each kernel comes to what the device can move (the slope) and compute (the ceiling).</p>${legend(series)}${plot}</section>`;
}

const CURVES: Readonly<Record<string, { readonly name: string; readonly color: string }>> = {
  batch: { name: "batch", color: "var(--ours)" },
  width: { name: "width", color: "var(--tfjs)" },
  size: { name: "image side", color: "var(--jax)" },
};

export function growthSection({ growth, fits }: Report): string {
  const names = [...new Set(growth.map(({ curve }) => curve))];
  const series = names.map((curve): Series => {
    const points = growth.filter((point) => point.curve === curve);
    const { name, color } = CURVES[curve] ?? { name: curve, color: "var(--ink)" };
    const fit = fits.find((found) => found.curve === curve);
    return {
      name: fit ? `${name}: time ∝ work^${exponent(fit)}` : name,
      color,
      kind: "line",
      points: points.map(({ at, time: { median: y }, work }) => ({
        x: work,
        y,
        label: `${name} ${at}: ${seconds(y)}`,
      })),
    };
  });
  const all = series.flatMap(({ points }) => points);
  if (all.length < 2) return "";
  const [xs, ys] = [logRange(all.map(({ x }) => x)), logRange(all.map(({ y }) => y))];
  // From the dearest point down: where everything would lie if small steps were as efficient as it is.
  const most = all.reduce((a, b) => (b.x > a.x ? b : a));
  const linear = { name: "linear", color: "var(--soft)", kind: "dashes" as const };
  const left = Math.max(xs.min, (xs.max * ys.min) / (most.y * (xs.max / most.x)));
  const line: Series = {
    ...linear,
    points: [left, most.x].map((x) => ({ x, y: (most.y * x) / most.x })),
  };
  const plot = logLog(
    "Growth of a training step",
    { label: "GFLOP of a step", format: (value) => digits(value / 1e9), ...xs },
    { label: "time", format: seconds, ...ys },
    [line, ...series],
  );
  return `<section><h2>Growth</h2><p>A training step, larger in one respect at a time (from batch 16, width 16, 64×64). A curve no steeper than the dashes grows no worse than its arithmetic.</p>${legend([...series, line])}${plot}</section>`;
}
