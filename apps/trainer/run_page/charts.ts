/** The curves of a run, drawn by uPlot: the rolling average over a faint line of the steps themselves. */
import uPlot from "uplot";
import type { CurveName, Curves } from "../src/report/run_view.js";
import { rollingMean } from "./rolling.js";

interface Line {
  readonly name: CurveName;
  readonly label: string;
  /** Light and dark. */
  readonly color: readonly [string, string];
  /** Not drawn until it is clicked. */
  readonly hidden?: boolean;
}

interface Chart {
  readonly title: string;
  readonly about: string;
  readonly lines: readonly Line[];
  readonly range?: readonly [number, number];
  /** Few values, each worth a dot, and none to be averaged. */
  readonly dots?: boolean;
  readonly log?: boolean;
  /** The first steps leap so high that all later ones would lie flat: they may leave the frame. */
  readonly leaps?: boolean;
}

const BLUE = ["#17657f", "#6cc5e0"] as const;
const GOLD = ["#a86100", "#f0be5a"] as const;
const GREEN = ["#2c7a4b", "#7fd39d"] as const;
const RED = ["#a8402a", "#f2937a"] as const;

const CHARTS: readonly Chart[] = [
  {
    title: "Losses",
    about: "Where G and D keep each other in check, neither falls to zero.",
    lines: [
      { name: "d_loss", label: "D", color: BLUE },
      { name: "g_loss", label: "G", color: GOLD },
      { name: "d_loss_real", label: "D on images", color: GREEN, hidden: true },
      { name: "d_loss_fake", label: "D on samples", color: RED, hidden: true },
    ],
    leaps: true,
  },
  {
    title: "What D believes",
    about: "The mean probability that D gives to images and to samples of being real.",
    lines: [
      { name: "d_real", label: "D(x)", color: GREEN },
      { name: "d_fake", label: "D(G(z))", color: RED },
    ],
    range: [0, 1],
  },
  {
    title: "Score",
    about: "Sliced Wasserstein and Fréchet distance, both ×10³, to images set aside: lower is better.",
    lines: [
      { name: "swd", label: "SWD", color: GOLD },
      { name: "frechet", label: "Fréchet", color: BLUE },
    ],
    dots: true,
  },
  {
    title: "Gradients",
    about: "Their norms over all parameters, on a logarithmic scale.",
    lines: [
      { name: "d_gradient", label: "D", color: BLUE },
      { name: "g_gradient", label: "G", color: GOLD },
    ],
    log: true,
  },
  { title: "Learning rate", about: "Adam's step size.", lines: [{ name: "lr", label: "lr", color: GOLD }] },
  {
    title: "Speed",
    about: "Images a second.",
    lines: [{ name: "images_per_second", label: "images/s", color: GREEN }],
  },
];

const HEIGHT = 220;

export interface Charts {
  /** Draws the curves, averaged over so many steps. */
  draw(curves: Curves, steps: number): void;
}

export function createCharts(place: HTMLElement): Charts {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map<Chart, { readonly card: HTMLElement; readonly plot: uPlot }>();
  let last: Parameters<Charts["draw"]> | undefined;
  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const found = [...drawn.values()].find(({ card }) => card === target);
      found?.plot.setSize({ width: Math.floor(contentRect.width), height: HEIGHT });
    }
  });
  const clear = () => {
    for (const { card, plot } of drawn.values()) {
      resized.unobserve(card);
      plot.destroy();
      card.remove();
    }
    drawn.clear();
  };
  const draw: Charts["draw"] = (curves, steps) => {
    last = [curves, steps];
    for (const chart of CHARTS.filter((one) => worthDrawing(one, curves))) {
      const lines = linesOf(chart, curves, steps);
      const found = drawn.get(chart);
      if (found) {
        found.plot.setData(lines);
        continue;
      }
      const card = cardOf(chart);
      place.insertBefore(card, nextOf(chart, drawn));
      drawn.set(chart, { card, plot: new uPlot(optionsOf(chart, card, dark.matches), lines, card) });
      resized.observe(card);
    }
  };
  // A canvas knows no CSS: other colours need another chart.
  dark.addEventListener("change", () => {
    clear();
    if (last) draw(...last);
  });
  return { draw };
}

/** A learning rate that never changes is in the configuration, and scores are not always taken. */
function worthDrawing({ lines, dots }: Chart, { values }: Curves): boolean {
  const first = lines[0]!.name;
  const found = values[first].filter((value) => value !== null);
  return found.length > 0 && (first !== "lr" || new Set(found).size > 1) && (!dots || found.length > 0);
}

function nextOf(chart: Chart, drawn: ReadonlyMap<Chart, { readonly card: HTMLElement }>): HTMLElement | null {
  const later = CHARTS.slice(CHARTS.indexOf(chart) + 1).find((one) => drawn.has(one));
  return later ? drawn.get(later)!.card : null;
}

function cardOf({ title, about }: Chart): HTMLElement {
  const card = document.createElement("section");
  card.className = "card";
  const heading = document.createElement("h3");
  heading.textContent = title;
  const text = document.createElement("p");
  text.className = "quiet";
  text.textContent = about;
  card.append(heading, text);
  return card;
}

/** x, then for each line its rolling average and, where that differs, the values themselves. */
function linesOf({ lines, dots, log }: Chart, { step, values, stepsPerPoint }: Curves, steps: number) {
  if (dots) {
    const some = step.flatMap((_, i) => (lines.some(({ name }) => values[name][i] !== null) ? [i] : []));
    return [
      some.map((i) => step[i]!),
      ...lines.map(({ name }) => some.map((i) => values[name][i]!)),
    ] as uPlot.AlignedData;
  }
  const points = Math.max(1, Math.round(steps / stepsPerPoint));
  const positive = (all: readonly (number | null)[]) => (log ? all.map((v) => (v !== null && v > 0 ? v : null)) : all);
  const raw = lines.map(({ name }) => (points > 1 ? positive(values[name]) : step.map(() => null)));
  const mean = lines.map(({ name }) => rollingMean(positive(values[name]), points));
  return [step, ...raw, ...mean] as uPlot.AlignedData;
}

/** From 0 to what nearly all values that are in view stay below. */
function heightOf(plot: uPlot, min: number, max: number, leaps: boolean): [number, number] {
  const [low, high] = [Math.min(0, min), Math.max(max, min + 1e-9)];
  if (!leaps) return [low, high * 1.05];
  const { min: from = 0, max: to = 0 } = plot.scales.x!;
  const steps = plot.data[0];
  const seen = plot.series
    .flatMap(({ show }, i) => (i > 0 && show ? [...plot.data[i]!] : []))
    .filter((value, i) => {
      const step = steps[i % steps.length]!;
      return value != null && step >= (from ?? 0) && step <= (to ?? step);
    })
    .sort((a, b) => a! - b!) as number[];
  const most = seen[Math.floor(0.985 * (seen.length - 1))] ?? high;
  return [low, Math.min(high, most * 1.3) * 1.05];
}

function optionsOf(
  { lines, range, dots, log, leaps = false, title }: Chart,
  card: HTMLElement,
  dark: boolean,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const [text, rule] = dark ? ["#b3aa9a", "#38342d"] : ["#5d5545", "#e4dccb"];
  const axis: uPlot.Axis = {
    stroke: text,
    font: `12px ${style.fontFamily}`,
    grid: { stroke: rule, width: 1 },
    ticks: { stroke: rule, width: 1, size: 4 },
  };
  const colors = lines.map(({ color }) => color[dark ? 1 : 0]);
  const faint = lines.map(({ hidden }, i): uPlot.Series => ({ stroke: `${colors[i]}40`, show: !hidden, width: 1 }));
  const strong = lines.map(
    ({ label, hidden }, i): uPlot.Series => ({
      label,
      stroke: colors[i]!,
      show: !hidden,
      width: 2,
      points: dots ? { show: true, size: 7, fill: colors[i]! } : { show: false },
      value: (_, value) => (value === null ? "–" : value.toPrecision(3)),
    }),
  );
  return {
    width: Math.max(200, card.clientWidth - 28),
    height: HEIGHT,
    scales: {
      x: { time: false },
      y: log ? { distr: 3 } : { range: (plot, min, max) => (range ? [...range] : heightOf(plot, min, max, leaps)) },
    },
    series: [
      { label: "step", value: (_, value) => (value === null ? "–" : String(value)) },
      ...(dots ? [] : faint.map((series): uPlot.Series => ({ ...series, points: { show: false } }))),
      ...strong,
    ],
    axes: [
      {
        ...axis,
        size: 32,
        values: (_, splits) => splits.map((value) => (value >= 10_000 ? `${value / 1000}k` : `${value}`)),
      },
      { ...axis, size: 52 },
    ],
    cursor: { sync: { key: "run" }, drag: { x: true, y: false } },
    legend: { markers: { width: 2 } },
    hooks: {
      ready: [(plot) => prepare(plot, title, dots ? 0 : lines.length)],
      // A line and its faint twin come and go together.
      setSeries: [
        (plot, at, options) => {
          if (dots || at === null || options.show === undefined || at <= lines.length) return;
          const twin = at - lines.length;
          if (plot.series[twin]!.show !== options.show) plot.setSeries(twin, { show: options.show });
        },
      ],
    },
  };
}

/** Names the drawing for those who do not see it, and leaves the faint lines out of the legend. */
function prepare(plot: uPlot, title: string, faint: number): void {
  const canvas = plot.root.querySelector("canvas")!;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Chart: ${title}`);
  for (const [i, row] of plot.root.querySelectorAll<HTMLElement>(".u-legend .u-series").entries()) {
    row.hidden = i >= 1 && i <= faint;
    const label = row.querySelector("th");
    if (i === 0 || row.hidden || !label) continue;
    // uPlot's legend is for the mouse alone.
    label.tabIndex = 0;
    label.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") label.click();
    });
  }
}
