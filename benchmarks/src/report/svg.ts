/** Plots as SVG text, coloured by CSS variables so that they follow the page from light to dark. */

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label?: string;
}

export interface Series {
  readonly name: string;
  /** A CSS colour. */
  readonly color: string;
  readonly points: readonly Point[];
  readonly kind: "line" | "dots" | "dashes";
}

export interface Axis {
  readonly label: string;
  readonly format: (value: number) => string;
  readonly min: number;
  readonly max: number;
}

const WIDTH = 640;
const HEIGHT = 420;
const MARGIN = { left: 92, right: 20, top: 40, bottom: 56 };

export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);
}

/** A round number on an axis. */
export function tick(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** 1, 2 and 5 times powers of ten, or powers of ten alone where there are many. */
export function logTicks(min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= min * 0.999 && value <= max * 1.001) ticks.push(value);
    }
  }
  return ticks;
}

/** The least and greatest of some values, with some air around them on a logarithmic axis. */
export function logRange(values: readonly number[], air = 1.3): { readonly min: number; readonly max: number } {
  return { min: Math.min(...values) / air, max: Math.max(...values) * air };
}

/** A plot with logarithmic axes. Dots carry titles that browsers show under the pointer. */
export function logLog(title: string, x: Axis, y: Axis, series: readonly Series[]): string {
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const share = (value: number, { min, max }: Axis) => Math.log(value / min) / Math.log(max / min);
  const px = (value: number) => MARGIN.left + inner.width * share(value, x);
  const py = (value: number) => MARGIN.top + inner.height * (1 - share(value, y));
  const at = (value: number) => value.toFixed(1);
  const grid = [
    ...logTicks(x.min, x.max).map((value) => {
      const place = at(px(value));
      const line = `<line class="grid" x1="${place}" x2="${place}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/>`;
      return `${line}<text x="${place}" y="${HEIGHT - MARGIN.bottom + 22}" text-anchor="middle">${x.format(value)}</text>`;
    }),
    ...logTicks(y.min, y.max).map((value) => {
      const place = at(py(value));
      const line = `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${place}" y2="${place}"/>`;
      return `${line}<text x="${MARGIN.left - 8}" y="${at(py(value) + 4)}" text-anchor="end">${y.format(value)}</text>`;
    }),
  ];
  const drawn = series.map(({ name, color, points, kind }) => {
    const path = points.map((point, i) => `${i ? "L" : "M"}${at(px(point.x))} ${at(py(point.y))}`).join("");
    const dash = kind === "dashes" ? ' stroke-dasharray="5 5"' : "";
    const line = `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`;
    const dots = points.map(
      (point) =>
        `<circle cx="${at(px(point.x))}" cy="${at(py(point.y))}" r="4.5" fill="${color}"><title>${escapeText(
          point.label ?? name,
        )}</title></circle>`,
    );
    return `${kind === "dots" ? "" : line}${kind === "dashes" ? "" : dots.join("")}`;
  });
  const labels =
    `<text class="axis" x="${MARGIN.left + inner.width / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeText(x.label)}</text>` +
    `<text class="axis" x="${MARGIN.left}" y="20" text-anchor="middle">${escapeText(y.label)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}">${grid.join("")}${drawn.join("")}${labels}</svg>`;
}

export interface Bar {
  readonly label: string;
  readonly color: string;
  readonly value: number;
  readonly text: string;
}

export interface BarGroup {
  readonly name: string;
  /** What the bars come to. */
  readonly badge: string;
  readonly bars: readonly Bar[];
}

/** Groups of horizontal bars, as HTML, so that text stays readable however narrow the page is. */
export function bars(groups: readonly BarGroup[], columns: 2 | 3): string {
  const rows = groups.map(({ name, badge, bars: some }) => {
    // Within a group: what counts is how the libraries compare on one case.
    const most = Math.max(...some.map(({ value }) => value));
    const lines = some.map(
      ({ label, color, value, text }) =>
        `<div class="bar${text.includes("(") ? " noted" : ""}" title="${escapeText(`${label}: ${text}`)}"><i style="width:${((100 * value) / most).toFixed(1)}%;background:${color}"></i><span>${escapeText(text)}</span></div>`,
    );
    return `<div class="case"><h3>${escapeText(name)}<b>${escapeText(badge)}</b></h3>${lines.join("")}</div>`;
  });
  return `<div class="bars columns${columns}">${rows.join("")}</div>`;
}

export function legend(
  entries: readonly { readonly name: string; readonly color: string; readonly kind?: Series["kind"] }[],
): string {
  const items = entries.map(({ name, color, kind }) => {
    const swatch =
      kind === "dashes" ? `<i class="dashes" style="color:${color}"></i>` : `<i style="background:${color}"></i>`;
    return `<span>${swatch}${escapeText(name)}</span>`;
  });
  return `<p class="legend">${items.join("")}</p>`;
}
