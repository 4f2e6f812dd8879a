/** Lines over steps as SVG, drawn at the size they are shown. */

export interface Line {
  readonly name: string;
  /** Class of its stroke. */
  readonly style: string;
  readonly values: readonly number[];
}

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 190;
const MARGIN = { left: 38, right: 8, top: 10, bottom: 22 };
/** Points of a line at most; more cannot be told apart, so the mean of each stretch is drawn. */
const POINTS = 240;

/**
 * Draws lines that share their steps.
 *
 * @param steps of each value, ascending
 * @param most the least that the vertical axis reaches to
 */
export function drawCurves(svg: SVGSVGElement, steps: readonly number[], lines: readonly Line[], most: number): void {
  const width = Math.max(220, svg.clientWidth);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const thinned = lines.map(({ values, ...line }) => ({ ...line, points: means(steps, values) }));
  const top = Math.max(most, ...thinned.flatMap(({ points }) => points.map(([, y]) => y)));
  const last = Math.max(1, steps.at(-1) ?? 1);
  const x = (step: number) => MARGIN.left + (step / last) * (width - MARGIN.left - MARGIN.right);
  const y = (value: number) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const round = (value: number) => value.toFixed(1);
  const parts = [0, 0.5, 1].flatMap((share) => {
    const at = round(y(share * top));
    return [
      shape("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at, class: "rule" }),
      shape("text", { x: MARGIN.left - 6, y: Number(at) + 4, "text-anchor": "end" }, tick(share * top)),
    ];
  });
  parts.push(shape("text", { x: MARGIN.left, y: HEIGHT - 4 }, "step 0"));
  parts.push(shape("text", { x: width - MARGIN.right, y: HEIGHT - 4, "text-anchor": "end" }, String(last)));
  for (const { style, points } of thinned) {
    const path = points.map(([step, value]) => `${round(x(step))},${round(y(value))}`).join(" ");
    parts.push(shape("polyline", { points: path, class: `line ${style}` }));
  }
  svg.replaceChildren(...parts);
  const now = lines.map(({ name, values }) => `${name} ${values.at(-1)?.toFixed(2) ?? "not known"}`).join(", ");
  svg.setAttribute("aria-label", `At step ${steps.at(-1) ?? 0}: ${now}`);
}

const tick = (value: number) => (value >= 10 ? value.toFixed(0) : value.toFixed(1));

function means(steps: readonly number[], values: readonly number[]): (readonly [step: number, mean: number])[] {
  const stretch = Math.max(1, Math.ceil(values.length / POINTS));
  return Array.from({ length: Math.ceil(values.length / stretch) }, (_, i) => {
    const part = values.slice(i * stretch, (i + 1) * stretch);
    return [steps[Math.min(steps.length, (i + 1) * stretch) - 1]!, part.reduce((sum, v) => sum + v, 0) / part.length];
  });
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>, text?: string): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
