/** A trained model as one file: safetensors, with the configuration in its metadata. */
import type { NamedValues, ParameterSpec } from "@kintsugi/nn";
import { readSafetensors, SafetensorsError, writeSafetensors } from "@kintsugi/nn";
import { ConfigError, checkConfig, type DcganConfig } from "./config.js";
import { discriminatorSpecs, generatorSpecs } from "./specs.js";

/** What a file says of itself; `kintsugi.config` is the configuration as JSON. */
export type Metadata = Readonly<Record<string, string>>;

export interface Model {
  readonly config: DcganConfig;
  /** Weights and running statistics of both networks. */
  readonly values: NamedValues;
  readonly metadata: Metadata;
}

/** A file that is no model, or one whose tensors do not fit its configuration. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}

export const FORMAT = "kintsugi.dcgan/1";

export function modelSpecs(config: DcganConfig): ParameterSpec[] {
  return [...generatorSpecs(config), ...discriminatorSpecs(config)];
}

/** Writes those of `values` that `specs` name. */
export function encodeModel(
  config: DcganConfig,
  specs: readonly ParameterSpec[],
  values: NamedValues,
  metadata: Metadata = {},
): Uint8Array {
  const tensors = new Map(
    specs.map(({ name, shape }) => {
      const found = values.get(name);
      if (!found) throw new ModelError(`cannot save the model: the value of ${name} is missing`);
      return [name, { dtype: "F32" as const, shape: [...shape], values: found }];
    }),
  );
  const said = { ...metadata, format: FORMAT, "kintsugi.config": JSON.stringify(config) };
  return writeSafetensors(tensors, said, { checksums: true });
}

/** Throws `ModelError` that names the tensor where a weight is NaN or infinite: nothing but NaN would come of it. */
export function checkFinite(values: NamedValues): void {
  for (const [name, numbers] of values) {
    let sum = 0;
    // 0 times a finite number is 0; times NaN or infinity it is NaN, which stays.
    for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * 0;
    if (sum === 0) continue;
    const count = numbers.reduce((found, value) => found + (Number.isFinite(value) ? 0 : 1), 0);
    throw new ModelError(
      `${name} has ${count} of ${numbers.length} values that are NaN or infinite: the model is damaged, or its training diverged; take an earlier one`,
    );
  }
}

/** The model, for what moves z and knows no classes. Throws `ModelError` where it has some. */
export function withoutClasses(model: Model): Model {
  const { classes } = model.config;
  if (!classes) return model;
  throw new ModelError(
    `it draws the classes ${classes.join(", ")}, and completing knows none; take a model trained without --classes`,
  );
}

/**
 * Reads a model, ours or one that only names its sizes (`size`, `channels`, `nz`, `ngf`, `ndf`) in its metadata.
 *
 * @param extra further tensors that the file must hold, such as an optimiser's moments
 */
export function decodeModel(
  bytes: Uint8Array,
  extra: (config: DcganConfig, metadata: Metadata) => readonly ParameterSpec[] = () => [],
): Model {
  try {
    const { tensors, others, metadata } = readSafetensors(bytes);
    if (
      metadata["kintsugi.config"] === undefined &&
      [...tensors.keys()].some((name) => /^(module\.)?main\./.test(name))
    ) {
      throw new ModelError("it holds a network of PyTorch's DCGAN example: make it a model with `kintsugi import`");
    }
    const config = readConfig(metadata, tensors.get("generator/g_h1/w")?.shape[0]);
    const values = new Map<string, Float32Array>();
    for (const { name, shape } of [...modelSpecs(config), ...extra(config, metadata)]) {
      const tensor = tensors.get(name);
      const other = others.get(name);
      if (other) throw new ModelError(`${name} is ${other.dtype}, not a float`);
      if (!tensor) throw new ModelError(`${name} is missing`);
      if (!(tensor.values instanceof Float32Array)) throw new ModelError(`${name} is ${tensor.dtype}, not a float`);
      if (tensor.shape.join() !== shape.join()) {
        throw new ModelError(`${name} is [${tensor.shape.join(", ")}], the configuration needs [${shape.join(", ")}]`);
      }
      values.set(name, tensor.values);
    }
    checkFinite(values);
    return { config, values, metadata };
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof ConfigError) throw new ModelError(error.message);
    throw error;
  }
}

function readConfig(metadata: Metadata, kernel: number | undefined): DcganConfig {
  const json = metadata["kintsugi.config"];
  if (json !== undefined) {
    try {
      return checkConfig(JSON.parse(json) as DcganConfig);
    } catch (error) {
      if (error instanceof SyntaxError) throw new ModelError("its configuration is not JSON");
      throw error;
    }
  }
  const number = (name: string) => {
    const text = metadata[name];
    if (text === undefined) throw new ModelError(`its metadata names no ${name}; is it a DCGAN of ours?`);
    return Number(text);
  };
  if (kernel === undefined) throw new ModelError("generator/g_h1/w is missing");
  return checkConfig({
    size: number("size"),
    channels: number("channels"),
    nz: number("nz"),
    ngf: number("ngf"),
    ndf: number("ndf"),
    kernel,
  });
}
