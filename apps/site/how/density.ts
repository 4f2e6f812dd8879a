/** The first figure: samples of a normal distribution pile up under its curve. */
import { normal, PURPOSE } from "@kintsugi/nn";
import { shape } from "./shape.js";

const HEIGHT = 200;
const FLOOR = HEIGHT - 26;
const REACH = 3.5;
const BINS = 28;
const SEED = 4;

/** The figure after so many draws. The same number shows the same samples: they are a function of the seed. */
export function drawDensity(svg: SVGSVGElement, count: number): void {
  const width = Math.max(220, svg.clientWidth);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const x = (value: number) => ((value + REACH) / (2 * REACH)) * width;
  const peak = 1 / Math.sqrt(2 * Math.PI);
  // As high as the curve with room for a bin that has run ahead.
  const y = (density: number) => FLOOR - (density / (1.6 * peak)) * (FLOOR - 8);
  const samples = normal({ seed: SEED, purpose: PURPOSE.samples, index: 0 }, count);
  const bins = new Array<number>(BINS).fill(0);
  for (const sample of samples) {
    const bin = Math.floor(((sample + REACH) / (2 * REACH)) * BINS);
    if (bin >= 0 && bin < BINS) bins[bin]!++;
  }
  const bars = bins.map((here, bin) => {
    const top = Math.max(0, y((here * BINS) / (2 * REACH * Math.max(1, count))));
    const attributes = { x: (bin * width) / BINS + 1, y: top, width: width / BINS - 2, height: FLOOR - top };
    return shape("rect", { ...attributes, class: "bar" });
  });
  const curve = Array.from({ length: 121 }, (_, i) => {
    const value = (i / 60 - 1) * REACH;
    return `${x(value).toFixed(1)},${y(peak * Math.exp((-value * value) / 2)).toFixed(1)}`;
  });
  const ticks = [...samples].map((sample) =>
    shape("line", { x1: x(sample), x2: x(sample), y1: FLOOR + 3, y2: FLOOR + 9, class: "tick" }),
  );
  const numbers = [-3, -2, -1, 0, 1, 2, 3].map((at) =>
    shape("text", { x: x(at), y: HEIGHT - 3, "text-anchor": "middle" }, String(at).replace("-", "−")),
  );
  svg.replaceChildren(...bars, shape("polyline", { points: curve.join(" "), class: "line d" }), ...ticks, ...numbers);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, count);
  svg.setAttribute("aria-label", `The normal curve and ${count} samples; their mean is ${mean.toFixed(2)}`);
}
