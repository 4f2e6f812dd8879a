/** One dispatch: a shader, its constants, its buffers and its grid, all checked by type against the WGSL file. */
import type { Shader } from "@kintsugi/shaders";
import type { BufferView } from "./device.js";

export interface Dispatch {
  readonly shader: Shader;
  readonly constants: Readonly<Record<string, number>>;
  readonly bindings: Readonly<Record<string, BufferView>>;
  readonly workgroups: readonly [number, number, number];
  /** Names kernel and layer: `conv_transpose2d 512→256 8×8`. */
  readonly label: string;
  /** Arithmetic of the dispatch in FLOP, where it is known; benchmarks and profiles divide by it. */
  readonly flops?: number;
  /** Names the product that this is, or is a part of, by kind and sizes: what a table of cores is kept by. */
  readonly product?: string;
}

const MAX_WORKGROUPS = 65_535;

/**
 * Builds a dispatch. `workgroups` is a count, folded into y where it is over the limit of one dimension (the kernel then
 * takes its index from `shared/linear_index.wgsl`), or the grid itself.
 */
export function dispatch<B extends string, R extends string, O extends string, S extends string>(
  shader: Shader<B, R, O, S>,
  options: {
    readonly label: string;
    readonly bindings: Readonly<Record<B, BufferView>>;
    readonly constants: Readonly<Record<R, number> & Partial<Record<O, number>>>;
    readonly workgroups: number | readonly [number, number, number];
    readonly flops?: number;
    readonly product?: string;
  },
): Dispatch {
  const { workgroups, ...rest } = options;
  const grid = typeof workgroups === "number" ? fold(workgroups) : workgroups;
  if (grid.some((count) => count > MAX_WORKGROUPS)) {
    throw new RangeError(
      `${options.label}: a grid of ${grid.join("×")} workgroups is over the limit of ${MAX_WORKGROUPS}`,
    );
  }
  return { shader, ...rest, workgroups: grid } as Dispatch;
}

function fold(count: number): [number, number, number] {
  if (count <= MAX_WORKGROUPS) return [count, 1, 1];
  const rows = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / rows), rows, 1];
}
