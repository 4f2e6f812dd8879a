/**
 * Which core multiplies, and into how many partial sums a long product is cut: fixed rules of class and shape, so that
 * the same layer gives the same bits in every run on a device.
 */

/** The cores of `shaders/shared/gemm_*.wgsl`. */
export type Core = "direct" | "lanes_32x32" | "lanes_64x16" | "lanes_32x4" | "64x64" | "128x128";

/** Cores by the name of a product, as `Dispatch.product` has it: what `npm run tune` measured on one adapter. */
export type CoreTable = Readonly<Record<string, Core>>;

/** What the kernels must know of a device. `Device.adapter` is one. */
export interface DeviceClass {
  /** The adapter runs on the CPU. */
  readonly software: boolean;
  /** Invocations in a subgroup at least; 0 or missing where the device has no subgroups. */
  readonly subgroupSize?: number;
  /** Multiplies with this core whatever the shape, for tests and benchmarks. */
  readonly core?: Core;
  /** Takes the place of the rule for the products it names. Cores that the device cannot run are passed over. */
  readonly cores?: CoreTable;
}

/** The cores that a device can run. */
export function usableCores({ subgroupSize = 0 }: DeviceClass): readonly Core[] {
  const lanes = LANES.map(({ core }) => core);
  return ["direct", ...(subgroupSize >= MIN_SUBGROUP ? lanes : []), "64x64", "128x128"];
}

/** Subgroups of fewer invocations cannot run the cores for subgroups. */
const MIN_SUBGROUP = 8;

/** Workgroups that a GPU should have to do at least, if smaller tiles can give them. */
const WANTED_TILES = 128;

/** The core for a product of `rows` by `cols`, made `layers` times over. */
export function chooseCore(device: DeviceClass, rows: number, cols: number, layers = 1, product = ""): Core {
  if (device.core) return device.core;
  const told = device.cores?.[product];
  if (told && usableCores(device).includes(told)) return told;
  if (device.software) return (device.subgroupSize ?? 0) >= MIN_SUBGROUP ? chooseLanes(rows, cols) : "direct";
  const large = Math.ceil(rows / 128) * Math.ceil(cols / 128) * layers;
  return cols > 64 && large >= WANTED_TILES ? "128x128" : "64x64";
}

/** The time of one multiplication in each core for subgroups, in that of the best (measured on lavapipe). */
const LANES = [
  { core: "lanes_32x32", rows: 32, cols: 32, cost: 1 },
  { core: "lanes_64x16", rows: 64, cols: 16, cost: 1.25 },
  { core: "lanes_32x4", rows: 32, cols: 4, cost: 2.5 },
] as const;

/** The core that is done first with the tiles it must cover the product with. */
function chooseLanes(rows: number, cols: number): Core {
  const time = (tile: (typeof LANES)[number]) =>
    Math.ceil(rows / tile.rows) * tile.rows * Math.ceil(cols / tile.cols) * tile.cols * tile.cost;
  return LANES.reduce((best, tile) => (time(tile) < time(best) ? tile : best)).core;
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
