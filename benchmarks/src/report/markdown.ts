/** The tables of README.md. */
import { steepest } from "../growth_fit.js";
import type { Report } from "../run.js";
import { digits, exponent, percent, rate, seconds, timing, verdict } from "../text.js";

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function renderMarkdown(report: Report): string {
  const { adapter, date, machine, rows, peak, peers, facts, growth, fits } = report;
  const parts = [`${date}, ${adapter}; ${Object.values(machine).join("; ")}.`];
  if (peers) {
    const { versions } = peers;
    parts.push(
      `Against tfjs ${versions.tfjs} and jax-js ${versions["jax-js"]}, batch ${peers.batch}:`,
      table(
        ["case", "Kintsugi", "tfjs", "jax-js", "ours is faster than the better by"],
        peers.rows.map(({ name, times, ratios }) => [
          name,
          seconds(times.kintsugi.median),
          seconds(times.tfjs.median),
          seconds(times["jax-js"].median),
          `${Math.min(...Object.values(ratios)).toFixed(1)}×`,
        ]),
      ),
    );
  }
  if (rows.length > 0) {
    parts.push(
      "Against the device's own peak:",
      table(
        ["case", "time", "rate", "of peak", "and"],
        rows.map((row) => {
          const { text, share } = rate(row, peak);
          return [`${row.group}: ${row.name}`, timing(row.time), text, percent(share), row.note ?? ""];
        }),
      ),
    );
  }
  if (fits.length > 0) {
    parts.push(
      "Growth of a training step: e of time ∝ workᵉ, by least squares over each curve and between neighbours.",
      table(
        ["curve", "from", "to", "e", "steepest part", "no worse than linear"],
        fits.map((fit) => {
          const points = growth.filter(({ curve }) => curve === fit.curve);
          const [first, last, most] = [points[0]!, points.at(-1)!, steepest(fit)];
          return [
            fit.curve,
            `${first.at}: ${seconds(first.time.median)}`,
            `${last.at}: ${seconds(last.time.median)}`,
            exponent(fit),
            `${most.from} to ${most.to}: ${exponent(most)}`,
            verdict(fit),
          ];
        }),
      ),
      table(
        ["case", "time", "arithmetic", "rate", "e since the last"],
        growth.map(({ curve, at, time, work }) => {
          const step = fits.find((fit) => fit.curve === curve)?.steps.find(({ to }) => to === at);
          const perSecond = `${digits(work / time.median / 1e9)} GFLOP/s`;
          return [`${curve} ${at}`, timing(time), `${digits(work / 1e9)} GFLOP`, perSecond, step ? exponent(step) : ""];
        }),
      ),
    );
  }
  if (facts.length > 0) {
    parts.push(
      "Overheads:",
      table(
        ["what", "value"],
        facts.map(({ name, value, unit }) => [name, `${digits(value)} ${unit}`.trim()]),
      ),
    );
  }
  return `${parts.join("\n\n")}\n`;
}
