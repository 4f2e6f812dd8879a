/** Bars of the same case in every library. */
import type { PeerReport, PeerRow } from "../peers/compare.js";
import { seconds } from "../text.js";
import { bars, legend } from "./svg.js";

const COLORS = { kintsugi: "var(--ours)", tfjs: "var(--tfjs)", "jax-js": "var(--jax)" } as const;

/** How many times faster we are than the better of the others. */
export function closest(ratios: Readonly<Record<string, number>>): number {
  return Math.min(...Object.values(ratios));
}

export function peersSections(peers: PeerReport): string {
  const { versions, batch, rows } = peers;
  const names = Object.entries(COLORS).map(([name, color]) => ({
    name: name === "kintsugi" ? "Kintsugi" : `${name} ${versions[name as keyof typeof versions]}`,
    color,
  }));
  const section = (title: string, text: string, columns: 2 | 3, some: readonly PeerRow[]) =>
    some.length === 0
      ? ""
      : `<section><h2>${title}</h2><p class="gist">${gist(some)}</p><p>${text}</p>${legend(names)}${bars(
          some.map(toBars),
          columns,
        )}</section>`;
  return (
    section(
      "Whole steps, against other libraries",
      `Time of one step at batch ${batch}: shorter is better, and the factor is what it takes of ours. Equal networks, weights and images; the losses agree.`,
      2,
      rows.filter(({ kind }) => kind !== "kernel"),
    ) +
    section(
      "Kernel by kernel, against other libraries",
      `The layers of a DCGAN at full width, batch ${batch}: channels of the larger and the smaller image, and the side of the larger.`,
      3,
      rows.filter(({ kind }) => kind === "kernel"),
    )
  );
}

function toBars({ name, times, ratios }: PeerRow) {
  return {
    name: name.replace(/ step, /, ", "),
    badge: `${closest(ratios).toFixed(1)}×`,
    bars: Object.entries(COLORS).map(([library, color]) => {
      const time = times[library as keyof typeof times];
      const ratio = library === "kintsugi" ? "" : ` · ${ratios[library as keyof typeof ratios].toFixed(1)}×`;
      return { label: library, color, value: time.median, text: `${seconds(time.median)}${ratio}` };
    }),
  };
}

/** The range of our factors, in words. */
function gist(rows: readonly PeerRow[]): string {
  const factors = rows.map(({ ratios }) => closest(ratios)).sort((a, b) => a - b);
  const [least, most] = [factors[0]!.toFixed(1), factors.at(-1)!.toFixed(1)];
  const slower = factors.filter((factor) => factor < 1).length;
  const range = least === most ? `${least} times` : `${least} to ${most} times`;
  return `Kintsugi is ${range} as fast as the better of the other two${slower > 0 ? `, and slower in ${slower} of ${rows.length}` : ""}.`;
}
