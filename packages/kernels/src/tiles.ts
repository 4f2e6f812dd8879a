/**
 * Which core multiplies, and into how many partial sums a long product is cut: fixed rules of class and shape, so that
 * the same layer gives the same bits in every run on a device.
 */

/** The cores of `shaders/shared/gemm_*.wgsl`. */
export type Core = "direct" | "lanes_32x32" | "64x64" | "128x128";

/** What the kernels must know of a device. `Device.adapter` is one. */
export interface DeviceClass {
  /** The adapter runs on the CPU. */
  readonly software: boolean;
  /** Invocations in a subgroup at least; 0 or missing where the device has no subgroups. */
  readonly subgroupSize?: number;
  /** Multiplies with this core whatever the shape, for tests and benchmarks. */
  readonly core?: Core;
}

/** Workgroups that a GPU should have to do at least, if smaller tiles can give them. */
const WANTED_TILES = 128;

/** The core for a product of `rows` by `cols`, made `layers` times over. */
export function chooseCore(device: DeviceClass, rows: number, cols: number, layers = 1): Core {
  if (device.core) return device.core;
  if (device.software) return (device.subgroupSize ?? 0) >= 8 ? "lanes_32x32" : "direct";
  const large = Math.ceil(rows / 128) * Math.ceil(cols / 128) * layers;
  return cols > 64 && large >= WANTED_TILES ? "128x128" : "64x64";
}

/** How a sum of `depth` terms is cut: `splits` intervals of `chunk` terms, the last one perhaps shorter, none empty. */
export interface Split {
  readonly splits: number;
  readonly chunk: number;
}

/** Workgroups that a device should have to do: enough for every core of a large GPU to have two or three. */
const WANTED_WORKGROUPS = { software: 8, hardware: 256 };
/** Fewer terms than this are not worth a partial of their own. */
const MIN_CHUNK = 64;

/** Cuts a sum so that `tiles` workgroups become enough. */
export function splitSum(device: DeviceClass, tiles: number, depth: number): Split {
  const wanted = device.software ? WANTED_WORKGROUPS.software : WANTED_WORKGROUPS.hardware;
  const splits = Math.max(1, Math.min(Math.floor(wanted / tiles), Math.floor(depth / MIN_CHUNK)));
  const chunk = Math.ceil(depth / splits / 16) * 16;
  return { splits: Math.max(1, Math.ceil(depth / chunk)), chunk };
}
