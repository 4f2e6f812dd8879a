/**
 * What a group of benchmarks is given and what it gives back. Groups know a device and nothing of the platform, so that
 * the same cases run in Node and in a page.
 */
import type { Device } from "@kintsugi/gpu";
import type { Timing } from "./stats.js";

/** One measured case. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly time: Timing;
  /** Useful FLOP of one run: multiplications by the zeros outside an image are not counted. */
  readonly flops?: number;
  /** Bytes that one run must at least read and write. */
  readonly bytes?: number;
  /** How the result was verified. */
  readonly verified: string;
  /** A further number that the case is about, such as images/s. */
  readonly note?: string;
}

/** A point of a growth curve. */
export interface GrowthPoint {
  /** Which curve: batch, width or image size. */
  readonly curve: string;
  readonly at: number;
  readonly time: Timing;
  /** Useful FLOP of the step. */
  readonly work: number;
}

/** A number that is no time, such as submits per step. */
export interface Fact {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** The best that the device has shown in this run. */
export interface Peak {
  /** FLOP/s of a loop of fused multiply-adds on registers. */
  readonly flops: number;
  /** Bytes/s, read plus written, of a copy. */
  readonly bytes: number;
}

export interface Sink {
  row(row: Row): void;
  growth(point: GrowthPoint): void;
  fact(fact: Fact): void;
  /** A remark on what comes. */
  say(line: string): void;
}

export interface Suite extends Sink {
  readonly device: Device;
  /** Another device on the same adapter, for what leaves state behind or needs more of it; whoever opens it destroys it. */
  open(needs?: readonly string[]): Promise<Device>;
  readonly peak: Peak;
  /** Images of a step. */
  readonly batch: number;
  /** Widths (ngf = ndf) of the steps, in both architectures; where there are none, each group has its own. */
  readonly widths?: readonly number[];
  /** Time by the GPU's own clock. Without it, by the host's, with as many runs between two looks as to hide its cost. */
  readonly timestamps: boolean;
  /** Seconds that the timed runs of one case should take; five runs are made in any case. */
  readonly seconds: number;
  /** Seconds that the runs of a growth curve may take. */
  readonly patience: number;
}

export type Group = (suite: Suite) => Promise<void>;

/** A result that is not what it should be. The number it would have had is worthless. */
export class WrongResultError extends Error {
  override readonly name = "WrongResultError";
}
