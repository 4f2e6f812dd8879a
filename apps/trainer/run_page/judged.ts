/** What D made of a batch, as two rows of bars back to back: images upwards, samples downwards, from 0 to 1. */
import { type JudgedCounts, type RunView, TENTHS } from "../src/report/run_view.js";

const WIDTH = 20;
const HEIGHT = 44;
/** Below the bars, for the ends of the axis. */
const LETTERS = 12;
const SVG = "http://www.w3.org/2000/svg";

/** Draws the counts of the latest step up to `step`; hides the place where there are none. */
export function drawJudged(place: HTMLElement, judged: RunView["judged"], step: number): void {
  const found = judged.findLast((one) => one.step <= step);
  place.hidden = found === undefined;
  if (!found) return;
  const width = TENTHS * WIDTH;
  const bottom = 2 * HEIGHT + 1 + LETTERS;
  const most = Math.max(1, ...found.real, ...found.fake);
  const svg = element("svg", { viewBox: `0 0 ${width} ${bottom}`, role: "img", "aria-label": describe(found) }, [
    ...bars(found.real, most, "real", -1),
    ...bars(found.fake, most, "fake", 1),
    element("rect", { class: "axis", x: 0, y: HEIGHT, width, height: 1 }),
    element("text", { x: 0, y: bottom - 1 }, ["0"]),
    element("text", { x: width, y: bottom - 1, "text-anchor": "end" }, ["1"]),
  ]);
  place.querySelector("svg")?.remove();
  place.prepend(svg);
}

function bars(counts: readonly number[], most: number, kind: "real" | "fake", direction: 1 | -1): SVGElement[] {
  const what = kind === "real" ? "images" : "samples";
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, i) => {
    const height = (HEIGHT * count) / most;
    const y = direction < 0 ? HEIGHT - height : HEIGHT + 1;
    const words = `${count} of ${total} ${what} between ${i / TENTHS} and ${(i + 1) / TENTHS}`;
    const at = { class: kind, x: i * WIDTH + 1, y, width: WIDTH - 2, height };
    return element("rect", at, [element("title", {}, [words])]);
  });
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (SVGElement | string)[] = [],
): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
}

function describe({ real, fake }: JudgedCounts): string {
  const sure = (counts: readonly number[]) => counts.slice(TENTHS / 2).reduce((sum, count) => sum + count, 0);
  const all = real.reduce((sum, count) => sum + count, 0);
  return `D takes ${sure(real)} of ${all} images and ${sure(fake)} of ${all} samples for real`;
}
