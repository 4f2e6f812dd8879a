/** What every library that takes part must do: the same cases, from the same numbers, one run at a time. */
import { type Direction, geometryOf, type Layer, layerName } from "../conv.bench.js";
import type { Architecture } from "../networks.js";

export type PeerCase =
  | { readonly kind: "kernel"; readonly layer: Layer; readonly direction: Direction; readonly batch: number }
  | {
      readonly kind: "training" | "completion";
      readonly architecture: Architecture;
      readonly width: number;
      readonly batch: number;
    };

export const LIBRARIES = ["kintsugi", "tfjs", "jax-js"] as const;
export type Library = (typeof LIBRARIES)[number];

/** A case that is set up. */
export interface Prepared {
  /** Runs once and resolves when the device has done it. */
  run(): Promise<void>;
  /**
   * What is compared: of a kernel, the elements of the result at the sampled positions; of a step, the losses of the first
   * run.
   *
   * @param sampled positions in the result as we lay it out (NHWC, filters [K, K, fine, coarse])
   */
  result(sampled: readonly number[]): Promise<readonly number[]>;
  dispose(): void;
}

export interface Contestant {
  readonly version: string;
  prepare(given: PeerCase): Promise<Prepared>;
}

export function caseName(given: PeerCase): string {
  if (given.kind === "kernel") return `${layerName(given.layer)} ${given.direction}`;
  return `${given.kind} step, ${given.architecture}, width ${given.width}`;
}

/** Elements of a kernel's result. */
export function resultLength(given: PeerCase): number {
  if (given.kind !== "kernel") return 0;
  const g = geometryOf(given.layer, given.batch);
  if (given.direction === "forward") return g.batch * g.coarseHeight * g.coarseWidth * g.coarseChannels;
  if (given.direction === "input gradient") return g.batch * g.fineHeight * g.fineWidth * g.fineChannels;
  return g.kernel ** 2 * g.fineChannels * g.coarseChannels;
}
