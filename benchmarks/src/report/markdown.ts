/** The tables of README.md. */
import type { Report } from "../run.js";
import { growthExponent } from "../stats.js";
import { digits, few, percent, rate, seconds, timing } from "../text.js";

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function renderMarkdown(report: Report): string {
  const { adapter, date, machine, rows, peak, peers, facts, growth } = report;
  const parts = [`${date}, ${adapter}; ${Object.values(machine).join("; ")}.`];
  if (peers) {
    const { versions } = peers;
    parts.push(
      `Against tfjs ${versions.tfjs} and jax-js ${versions["jax-js"]}, batch ${peers.batch}:`,
      table(
        ["case", "Kintsugi", "tfjs", "jax-js", "ours is faster than the better by"],
        peers.rows.map(({ name, times, ratios }) => [
          name,
          few(times.kintsugi),
          few(times.tfjs),
          few(times["jax-js"]),
          `${Math.min(...Object.values(ratios)).toFixed(1)}×`,
        ]),
      ),
    );
  }
  if (rows.length > 0) {
    parts.push(
      "Against the device's own peak:",
      table(
        ["case", "time", "rate", "of peak"],
        rows.map((row) => {
          const { text, share } = rate(row, peak);
          return [`${row.group}: ${row.name}`, timing(row.time), text, percent(share)];
        }),
      ),
    );
  }
  const curves = [...new Set(growth.map(({ curve }) => curve))];
  if (curves.length > 0) {
    parts.push(
      "Growth of a training step (time ∝ workᵉ):",
      table(
        ["curve", "from", "to", "e"],
        curves.map((curve) => {
          const points = growth.filter((point) => point.curve === curve);
          const [first, last] = [points[0]!, points.at(-1)!];
          const exponent = points.length > 1 ? growthExponent(points).toFixed(2) : "";
          return [curve, `${first.at}: ${seconds(first.seconds)}`, `${last.at}: ${seconds(last.seconds)}`, exponent];
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
