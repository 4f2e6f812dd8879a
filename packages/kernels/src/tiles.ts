/**
 * Which core multiplies, and into how many partial sums a long product is cut: fixed rules of class and shape, so that
 * the same layer gives the same bits in every run on a device.
 */

/** The cores of `shaders/shared/gemm_*.wgsl`. */
export type Core =
  | "direct"
  | "quads_32x16"
  | "lanes_32x32"
  | "lanes_64x16"
  | "lanes_64x12"
  | "lanes_32x4"
  | "64x64"
  | "128x128";

/** The core for GPUs with matrix units, which reads float16 alone. */
export type MatrixCore = "matrix_16x16x16";

/** A core over operands of one storage, as the shaders are keyed. */
export type Variant = Core | `${Core}_f16` | MatrixCore;

/** Cores by the name of a product, as `Dispatch.product` has it: what `npm run tune` measured on one adapter. */
export type CoreTable = Readonly<Record<string, Core>>;

/** What the kernels must know of a device. `Device.adapter` is one. */
export interface DeviceClass {
  /** The adapter runs on the CPU. */
  readonly software: boolean;
  /** Invocations in a subgroup at least; 0 or missing where the device has no subgroups. */
  readonly subgroupSize?: number;
  /** How the operands of products are stored: float32 by default; float16 as `toHalf` makes them. */
  readonly operands?: "f32" | "f16";
  /** Multiplies float16 operands by the GPU's matrix unit. */
  readonly matrix?: boolean;
  /** Operations for each number read or written, from which a product is worth float16 operands: 64 by default. */
  readonly intensity?: number;
  /** Multiplies with this core whatever the shape, for tests and benchmarks. */
  readonly core?: Core | MatrixCore;
  /** Takes the place of the rule for the products it names. Cores that the device cannot run are passed over. */
  readonly cores?: CoreTable;
}

/** The cores that a device can run. */
export function usableCores({ subgroupSize = 0 }: DeviceClass): readonly Core[] {
  const shared = SHARING.filter(([lanes]) => lanes <= subgroupSize).flatMap(([, cores]) => cores);
  return ["direct", ...shared, "64x64", "128x128"];
}

/** The cores that the rule and the device's table may choose, of those that it can run. */
export function likelyCores(device: DeviceClass): readonly (Core | MatrixCore)[] {
  if (device.core) return [device.core];
  if (usesMatrices(device)) return ["matrix_16x16x16"];
  const ruled: readonly Core[] = device.software ? softwareCores(device) : ["64x64", "128x128"];
  const told = Object.values(device.cores ?? {});
  return usableCores(device).filter((core) => ruled.includes(core) || told.includes(core));
}

/** How many lanes a subgroup must have for them, and cores whose lanes share what they load. */
const SHARING: readonly (readonly [lanes: number, cores: readonly Core[]])[] = [
  [8, ["lanes_32x32", "lanes_64x16", "lanes_64x12", "lanes_32x4"]],
  [4, ["quads_32x16"]],
];

/** The cores for an adapter that runs on the CPU: those of the most lanes that it has. */
function softwareCores({ subgroupSize = 0 }: DeviceClass): readonly Core[] {
  return SHARING.find(([lanes]) => lanes <= subgroupSize)?.[1] ?? ["direct"];
}

/** Workgroups that a GPU should have to do at least, if smaller tiles can give them. */
const WANTED_TILES = 128;

/** The core for a product of `rows` by `cols`, made `layers` times over. */
export function chooseCore(
  device: DeviceClass,
  rows: number,
  cols: number,
  layers = 1,
  product = "",
): Core | MatrixCore {
  if (device.core) return device.core;
  if (usesMatrices(device)) return "matrix_16x16x16";
  const told = device.cores?.[product];
  if (told && usableCores(device).includes(told)) return told;
  if (device.software) return soonest(softwareCores(device), rows, cols);
  const large = Math.ceil(rows / 128) * Math.ceil(cols / 128) * layers;
  return cols > 64 && large >= WANTED_TILES ? "128x128" : "64x64";
}

/** The shader of a product: its core, and how it reads. */
export function chooseVariant(device: DeviceClass, rows: number, cols: number, layers = 1, product = ""): Variant {
  const core = chooseCore(device, rows, cols, layers, product);
  if (core === "matrix_16x16x16") return core;
  return device.operands === "f16" ? `${core}_f16` : core;
}

function usesMatrices({ matrix, operands }: DeviceClass): boolean {
  return matrix === true && operands === "f16";
}

/** Tiles, and the time of one multiplication in that of the best core of its class (measured on lavapipe). */
const TILES: Readonly<
  Record<Core | MatrixCore, { readonly rows: number; readonly cols: number; readonly cost: number }>
> = {
  direct: { rows: 16, cols: 32, cost: 1 },
  quads_32x16: { rows: 32, cols: 16, cost: 1 },
  lanes_32x32: { rows: 32, cols: 32, cost: 1 },
  lanes_64x16: { rows: 64, cols: 16, cost: 1.25 },
  lanes_64x12: { rows: 64, cols: 12, cost: 1.25 },
  lanes_32x4: { rows: 32, cols: 4, cost: 2.5 },
  "64x64": { rows: 64, cols: 64, cost: 1 },
  "128x128": { rows: 128, cols: 128, cost: 1 },
  matrix_16x16x16: { rows: 64, cols: 64, cost: 1 },
};

/** The time of a product of depth 1 in a core: its multiplications, with those of the tiles' empty parts. */
function tileTime(core: Core | MatrixCore, rows: number, cols: number): number {
  const tile = TILES[core];
  return Math.ceil(rows / tile.rows) * tile.rows * Math.ceil(cols / tile.cols) * tile.cols * tile.cost;
}

/** The core that is done first with the tiles it must cover the product with. */
function soonest(cores: readonly Core[], rows: number, cols: number): Core {
  return cores.reduce((best, core) => (tileTime(core, rows, cols) < tileTime(best, rows, cols) ? core : best));
}

/** A product that could be made instead of another. */
export interface Shape {
  readonly rows: number;
  readonly cols: number;
  readonly depth: number;
  /** How often it is made, each time with other operands. */
  readonly layers: number;
}

/** Whether one way to compute something takes less time than another, by the tiles that their cores must cover. */
export function isFaster(device: DeviceClass, one: Shape, other: Shape, product: string): boolean {
  const time = ({ rows, cols, depth, layers }: Shape) =>
    tileTime(chooseCore(device, rows, cols, layers, product), rows, cols) * depth * layers;
  return time(one) < time(other);
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
