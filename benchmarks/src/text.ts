/** Quantities as people read them. */
import { type GrowthFit, isAtMostLinear, type Slope, steepest } from "./growth_fit.js";
import { spread, type Timing } from "./stats.js";
import type { Peak, Row } from "./suite.js";

/** Three digits, without an exponent. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

/** Seconds with a unit that fits. */
export function seconds(value: number): string {
  if (value >= 1) return `${digits(value)} s`;
  if (value >= 1e-3) return `${digits(value * 1e3)} ms`;
  return `${digits(value * 1e6)} µs`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** FLOP/s or bytes/s of a row, and its share of the peak of that kind. */
export function rate({ flops, bytes, time }: Row, peak: Peak): { readonly text: string; readonly share: number } {
  if (flops !== undefined) {
    const perSecond = flops / time.median;
    return { text: `${digits(perSecond / 1e9)} GFLOP/s`, share: perSecond / peak.flops };
  }
  const perSecond = (bytes ?? 0) / time.median;
  return { text: `${digits(perSecond / 1e9)} GB/s`, share: perSecond / peak.bytes };
}

export function timing(time: Timing): string {
  return `${seconds(time.median)} ±${percent(spread(time))}`;
}

/** A row on one line of a terminal. */
export function line(row: Row, peak: Peak): string {
  const { text, share } = rate(row, peak);
  const name = `${row.group.padEnd(11)} ${row.name}`.padEnd(52);
  const note = row.note ? `  ${row.note}` : "";
  return `${name} ${timing(row.time).padStart(16)} ${text.padStart(16)} ${percent(share).padStart(6)} of peak${note}`;
}

/** An exponent of growth, with what it may be off by. */
export function exponent({ exponent, uncertainty }: Slope): string {
  return `${exponent.toFixed(2).replace("-", "−")} ±${uncertainty.toFixed(2)}`;
}

/** Where a curve grows no worse than its arithmetic. */
export function verdict(fit: GrowthFit): string {
  if (!isAtMostLinear(fit)) return "no";
  return fit.steps.every(isAtMostLinear) ? "everywhere" : "as a whole";
}

/** A fit on one line of a terminal. */
export function growthLine(fit: GrowthFit): string {
  const { from, to, ...step } = steepest(fit);
  const whole = `growth      ${fit.curve}: time ∝ work^${exponent(fit)}; no worse than linear: ${verdict(fit)}`;
  return `${whole}; steepest from ${from} to ${to}: ${exponent(step)}`;
}
