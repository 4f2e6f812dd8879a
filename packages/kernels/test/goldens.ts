/** Reads the golden files: the committed small ones beside the tests, and the full set where a checkout has it. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSafetensors, type SafetensorsTensor } from "../../nn/src/safetensors.js";

const FOLDERS = {
  conv2d: new URL("./goldens/", import.meta.url),
  conv_transpose2d: new URL("./goldens/", import.meta.url),
  batch_norm: new URL("./goldens/", import.meta.url),
  pointwise: new URL("./goldens/", import.meta.url),
  adam: new URL("./goldens/", import.meta.url),
  dcgan_tiny: new URL("../../dcgan/test/goldens/", import.meta.url),
  completion: new URL("../../completion/test/goldens/", import.meta.url),
};
const FULL = new URL("../../../../shared/goldens/", import.meta.url);

export type GoldenName = keyof typeof FOLDERS;
/** Files that are too large to commit. */
export type FullGoldenName = GoldenName | "dcgan_64";

export interface Goldens {
  /** What stands before the slash of the tensor names, sorted. */
  readonly cases: readonly string[];
  /** The tensor of this name, float32 or int32. @throws when there is none. */
  tensor(name: string): SafetensorsTensor;
  /** Its values alone. */
  values(name: string): ArrayLike<number>;
  /** A case's strides, sizes and hyper-parameters, as the script wrote them. */
  config<T>(key: string): T;
}

/** The committed goldens of this name. */
export function goldens(name: GoldenName): Goldens {
  return open(new URL(`${name}.safetensors`, FOLDERS[name]));
}

/** Whether the full set lies beside this checkout. */
export function hasFullGoldens(name: FullGoldenName): boolean {
  return existsSync(fileURLToPath(new URL(`${name}.safetensors`, FULL)));
}

/** The full set's file; ask `hasFullGoldens` first (`describe.skipIf`). */
export function fullGoldens(name: FullGoldenName): Goldens {
  return open(new URL(`${name}.safetensors`, FULL));
}

function open(url: URL): Goldens {
  const { tensors, metadata } = readSafetensors(readFileSync(url));
  const tensor = (name: string) => {
    const found = tensors.get(name);
    if (found === undefined) throw new Error(`no golden ${name} in ${url.pathname.split("/").at(-1)}`);
    return found;
  };
  return {
    cases: [...new Set([...tensors.keys()].map((name) => name.split("/")[0]!))].sort(),
    tensor,
    values: (name) => tensor(name).values,
    config<T>(key: string): T {
      const json = metadata[key];
      if (json === undefined) throw new Error(`no configuration ${key} in ${url.pathname.split("/").at(-1)}`);
      return JSON.parse(json) as T;
    },
  };
}
