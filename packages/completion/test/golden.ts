/** The golden file of this room: a 16×16 model, its pictures and masks. */
import { readFileSync } from "node:fs";
import type { Backend } from "@kintsugi/autodiff";
import { type DcganConfig, modelSpecs } from "@kintsugi/dcgan";
import { readSafetensors } from "@kintsugi/nn";
import { loadNetworks, type Mask, type Networks } from "../src/index.js";

export const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
export const IMAGES = 3;
export const BLOCK = 4;

const file = readSafetensors(readFileSync(new URL("goldens/completion.safetensors", import.meta.url)));

export function golden(name: string): Float32Array {
  const tensor = file.tensors.get(name);
  if (!tensor) throw new Error(`the golden file has no ${name}`);
  return Float32Array.from(tensor.values);
}

/** Row `index` of an array with `rows` rows. */
export function row(values: Float32Array, index: number, rows: number): Float32Array {
  return values.slice((index * values.length) / rows, ((index + 1) * values.length) / rows);
}

export function loadGoldenModel(backend: Backend): Networks {
  const values = new Map(modelSpecs(CONFIG).map(({ name }) => [name, golden(`model/${name}`)]));
  return loadNetworks(backend, { config: CONFIG, values, metadata: {} });
}

/** The masks of `mask_center`, `mask_random` or `mask_lowres`, one for each image. */
export function goldenMasks(kind: string): Mask[] {
  const low = golden(`mask_${kind}/mask_low`);
  return Array.from({ length: IMAGES }, (_, i) => ({
    size: CONFIG.size,
    pixels: row(golden(`mask_${kind}/mask`), i, IMAGES),
    ...(kind === "lowres" ? { means: { block: BLOCK, known: row(low, i, IMAGES) } } : {}),
  }));
}
