/** A distribution and its samples in one dimension: the density of N(0, 1), and where numbers drawn from it fall. */
import { axis, box, COLORS, drawing, path, text } from "./drawing.js";

const FROM = -4;
const TO = 4;
const BIN = 0.25;
/** More would run into one another. */
const STROKES = 100;

/** φ(x) = exp(−x²/2) / √(2π). */
export function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Of each bin from −4 to 4: its samples per sample and unit of x, which nears the density as samples grow in number. */
export function histogram(samples: ArrayLike<number>): number[] {
  const bins = new Array<number>((TO - FROM) / BIN).fill(0);
  for (let i = 0; i < samples.length; i++) {
    const bin = Math.floor((samples[i]! - FROM) / BIN);
    if (bin >= 0 && bin < bins.length) bins[bin]! += 1 / (samples.length * BIN);
  }
  return bins;
}

export function drawNormal1d(samples: ArrayLike<number>): string {
  const width = 560;
  const x = (value: number) => 40 + ((value - FROM) / (TO - FROM)) * (width - 80);
  const height = 150;
  const bars = histogram(samples);
  // Few samples make high bars.
  const most = Math.max(density(0), ...bars) * 1.05;
  const y = (base: number, value: number) => base - (value / most) * height;
  const curve = (base: number, style: string) =>
    path(
      Array.from({ length: 161 }, (_, i) => FROM + i * 0.05).map(
        (value) => [x(value), y(base, density(value))] as const,
      ),
      `stroke="${COLORS.blue}" stroke-width="2" ${style}`,
    );
  const [upper, lower] = [200, 440];
  const strokes = Math.min(samples.length, STROKES);
  const ticks = Array.from({ length: strokes }, (_, i) => samples[i]!)
    .filter((value) => value >= FROM && value <= TO)
    .map((value) => `M${x(value).toFixed(1)} ${lower + 26}v12`)
    .join("");
  return drawing(width, 520, "The normal density and samples of it", [
    text(width / 2, 28, "The density p(x) of a normal distribution", { size: 16, bold: true }),
    curve(upper, `fill="${COLORS.blue}" fill-opacity="0.12"`),
    ...axis(FROM, TO, upper, x),
    text(width / 2, 265, `${samples.length} samples x ~ p(x): most where the density is high`, {
      size: 16,
      bold: true,
    }),
    ...bars.map((value, i) =>
      box(x(FROM + i * BIN), y(lower, value), x(BIN) - x(0) - 1, lower - y(lower, value), `fill="${COLORS.gold}"`),
    ),
    curve(lower, 'fill="none"'),
    ...axis(FROM, TO, lower, x),
    `<path d="${ticks}" stroke="${COLORS.ink}" stroke-opacity="0.6"/>`,
    text(width / 2, 505, `bars: share of samples per unit of x; strokes: ${strokes} of the samples`, {
      size: 12,
      color: "#52606d",
    }),
  ]);
}
