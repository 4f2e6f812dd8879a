/** An inpainting network as a file: safetensors, with its configuration in the metadata. */
import type { NamedValues, ParameterSpec } from "@kintsugi/nn";
import { readSafetensors, SafetensorsError, writeSafetensors } from "@kintsugi/nn";
import { type InpainterConfig, inpainterSpecs } from "./config.js";

export const FORMAT = "kintsugi.inpainter/1";

/** What a file says of itself, beside its format and its configuration. */
export type Metadata = Readonly<Record<string, string>>;

export interface InpainterFile {
  readonly config: InpainterConfig;
  readonly values: NamedValues;
  readonly metadata: Metadata;
}

/** A file that holds no inpainting network, or a damaged one. */
export class InpainterError extends Error {
  override readonly name = "InpainterError";
}

/** @param specs what is written: the network alone by default; with `trainingSpecs`, a checkpoint */
export function encodeInpainter(
  { config, values, metadata }: InpainterFile,
  specs: readonly ParameterSpec[] = inpainterSpecs(config),
): Uint8Array {
  const tensors = new Map(
    specs.map(({ name, shape }) => {
      const found = values.get(name);
      if (!found) throw new InpainterError(`cannot save the network: the value of ${name} is missing`);
      return [name, { dtype: "F32" as const, shape: [...shape], values: found }];
    }),
  );
  return writeSafetensors(tensors, { ...metadata, format: FORMAT, "kintsugi.inpainter": JSON.stringify(config) });
}

/**
 * Reads a network or a checkpoint of one.
 *
 * @param specsOf the tensors that it must hold: the network's by default
 * @throws InpainterError where it is none, or a tensor is missing or of another shape
 */
export function decodeInpainter(
  bytes: Uint8Array,
  specsOf: (config: InpainterConfig) => readonly ParameterSpec[] = inpainterSpecs,
): InpainterFile {
  const { tensors, metadata } = read(bytes);
  if (metadata.format !== FORMAT) {
    throw new InpainterError(`it is no inpainting network (${metadata.format ?? "no format"}, not ${FORMAT})`);
  }
  const config = readConfig(metadata["kintsugi.inpainter"]);
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of specsOf(config)) {
    const tensor = tensors.get(name);
    if (!(tensor?.values instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
      throw new InpainterError(`${name} is missing, or not [${shape.join(", ")}]`);
    }
    values.set(name, tensor.values);
  }
  return { config, values, metadata };
}

function read(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new InpainterError(error.message, { cause: error });
    throw error;
  }
}

function readConfig(json: string | undefined): InpainterConfig {
  const damaged = () => new InpainterError("its configuration is damaged");
  let found: Partial<InpainterConfig> | null;
  try {
    found = JSON.parse(json ?? "null") as Partial<InpainterConfig> | null;
  } catch {
    throw damaged();
  }
  const { size, channels, widths } = found ?? {};
  const count = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 4096;
  if (!count(size) || !count(channels) || !Array.isArray(widths) || widths.length === 0 || !widths.every(count)) {
    throw damaged();
  }
  return { size, channels, widths };
}
