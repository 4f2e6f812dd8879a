/**
 * A small network that proposes z from what is known of a picture, so that a search begins near its end: convolutions like
 * the discriminator's over picture and mask, then linear. It belongs to one generator. Source of the idea: Zhu et al. 2016,
 * "Generative Visual Manipulation on the Natural Image Manifold", section 3.1; the mask as an input is Pathak's.
 */

import type { Tensor } from "@kintsugi/autodiff";
import {
  add,
  type Backend,
  type Executable,
  input,
  leakyRelu,
  multiply,
  reshape,
  spread,
  tanh,
} from "@kintsugi/autodiff";
import type { DcganConfig } from "@kintsugi/dcgan";
import { checkFinite, ModelError } from "@kintsugi/dcgan";
import {
  batchNormLayer,
  batchNormSpecs,
  convLayer,
  convSpecs,
  createVariables,
  linear,
  linearSpecs,
  type Mode,
  type NamedValues,
  type ParameterSpec,
  readSafetensors,
  SafetensorsError,
  State,
  type Variables,
  writeAll,
  writeSafetensors,
} from "@kintsugi/nn";
import type { Mask } from "@kintsugi/scene";

export interface EncoderConfig {
  readonly size: number;
  readonly channels: number;
  /** Length of the z that it proposes. */
  readonly nz: number;
  /** Channels of the first layer; each further one has twice as many. */
  readonly width: number;
}

/** A trained encoder as a file holds it. */
export interface EncoderFile {
  readonly config: EncoderConfig;
  readonly values: NamedValues;
  readonly metadata: Readonly<Record<string, string>>;
}

export const ENCODER_FORMAT = "kintsugi.encoder/1";

const SLOPE = 0.2;
const KERNEL = 5;

const depthOf = ({ size }: EncoderConfig): number => Math.log2(size / 4);

/** Everything that an encoder owns. */
export function encoderSpecs(config: EncoderConfig): ParameterSpec[] {
  const { channels, nz, width } = config;
  const depth = depthOf(config);
  const widths = Array.from({ length: depth }, (_, i) => width * 2 ** i);
  const conv = (name: string, fine: number, coarse: number, normalised: boolean) =>
    convSpecs(name, [KERNEL, KERNEL, fine, coarse], { transposed: false, normalised });
  return [
    ...conv("encoder/e_h0_conv", channels, width, false),
    // Its bias would be the picture's twice.
    ...conv("encoder/e_mask_conv", 1, width, true),
    ...widths
      .slice(1)
      .flatMap((coarse, i) => [
        ...conv(`encoder/e_h${i + 1}_conv`, widths[i]!, coarse, true),
        ...batchNormSpecs(`encoder/e_bn${i + 1}`, coarse),
      ]),
    // Of sums over thousands of features: it begins near z = 0, where tanh is not yet flat.
    ...linearSpecs("encoder/e_lin", 16 * widths.at(-1)!, nz).map((spec) => ({
      ...spec,
      ...(spec.initial === 0 ? {} : { initial: { kind: "normal", sigma: 0.002 } as const }),
    })),
  ];
}

/**
 * z = E(M·y, M).
 *
 * @param images [N, size, size, channels] in [−1, 1]; what is missing may hold anything
 * @param known [N, size, size], 1 = known
 * @returns [N, nz] in (−1, 1)
 */
export function encoder(state: State, config: EncoderConfig, images: Tensor, known: Tensor, mode: Mode): Tensor {
  const seen = multiply(images, spread(known, images.shape));
  const holes = convLayer(state, "encoder/e_mask_conv", reshape(known, [...known.shape, 1]));
  let x = leakyRelu(add(convLayer(state, "encoder/e_h0_conv", seen), holes), SLOPE);
  for (let i = 1; i < depthOf(config); i++) {
    x = convLayer(state, `encoder/e_h${i}_conv`, x);
    x = batchNormLayer(state, `encoder/e_bn${i}`, x, SLOPE, mode);
  }
  const [n, h, w, c] = x.shape as readonly [number, number, number, number];
  return tanh(linear(state, "encoder/e_lin", reshape(x, [n, h * w * c])));
}

export function encodeEncoder({ config, values, metadata }: EncoderFile): Uint8Array {
  const tensors = new Map(
    encoderSpecs(config).map(({ name, shape }) => [
      name,
      { dtype: "F32" as const, shape: [...shape], values: values.get(name)! },
    ]),
  );
  const said = { ...metadata, format: ENCODER_FORMAT, "kintsugi.encoder": JSON.stringify(config) };
  return writeSafetensors(tensors, said, { checksums: true });
}

/**
 * Reads an encoder for a model of that configuration. Throws `ModelError` where the file is none, or one for other sizes.
 */
export function decodeEncoder(bytes: Uint8Array, { size, channels, nz }: DcganConfig): EncoderFile {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    if (metadata.format !== ENCODER_FORMAT) {
      const found = metadata.format ?? "no format";
      throw new ModelError(`it is no encoder (${found}, not ${ENCODER_FORMAT}); make one with \`kintsugi encoder\``);
    }
    const config = JSON.parse(metadata["kintsugi.encoder"] ?? "null") as EncoderConfig | null;
    if (
      typeof config !== "object" ||
      !config ||
      ![config.size, config.channels, config.nz, config.width].every(Number.isInteger)
    ) {
      throw new ModelError("its configuration is damaged");
    }
    if (config.size !== size || config.channels !== channels || config.nz !== nz) {
      const sizes = (of: Omit<EncoderConfig, "width">) => `${of.size}×${of.size}×${of.channels} and z of ${of.nz}`;
      throw new ModelError(`it was made for ${sizes(config)}, the model has ${sizes({ size, channels, nz })}`);
    }
    const values = new Map<string, Float32Array>();
    for (const { name, shape } of encoderSpecs(config)) {
      const tensor = tensors.get(name);
      if (!(tensor?.values instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
        throw new ModelError(`${name} is missing, or not [${shape.join(", ")}]`);
      }
      values.set(name, tensor.values);
    }
    checkFinite(values);
    return { config, values, metadata };
  } catch (error) {
    if (error instanceof SafetensorsError) throw new ModelError(error.message);
    if (error instanceof SyntaxError) throw new ModelError("its configuration is damaged");
    throw error;
  }
}

/** An encoder in a back end. */
export class Proposer {
  private constructor(
    private readonly backend: Backend,
    private readonly config: EncoderConfig,
    private readonly variables: Variables,
    private readonly batch: number,
    private readonly propose: Executable,
  ) {}

  /** @param batch pictures that pass it at a time */
  static async create(backend: Backend, { config, values }: EncoderFile, batch: number): Promise<Proposer> {
    const variables = createVariables(encoderSpecs(config));
    writeAll(backend, variables, values);
    const { size, channels } = config;
    const images = input("images", [batch, size, size, channels]);
    const z = encoder(new State(variables), config, images, input("known", [batch, size, size]), { training: false });
    const propose = await backend.compile({ name: "encoder", outputs: { z } });
    return new Proposer(backend, config, variables, batch, propose);
  }

  /**
   * @param images [n, size, size, channels] in [−1, 1], n any number
   * @returns [n, nz]
   */
  async z(images: Float32Array, masks: readonly Mask[]): Promise<Float32Array> {
    const { size, channels, nz } = this.config;
    const stride = size * size * channels;
    const all = new Float32Array(masks.length * nz);
    for (let first = 0; first < masks.length; first += this.batch) {
      const part = masks.slice(first, first + this.batch);
      const pictures = new Float32Array(this.batch * stride);
      pictures.set(images.subarray(first * stride, (first + part.length) * stride));
      const known = new Float32Array(this.batch * size * size);
      part.forEach(({ pixels }, i) => {
        known.set(pixels, i * size * size);
      });
      await this.propose.run({ images: pictures, known });
      const { z } = await this.propose.read("z");
      all.set(z!.subarray(0, part.length * nz), first * nz);
    }
    return all;
  }

  destroy(): void {
    this.propose.destroy();
    this.backend.free(this.variables.values());
  }
}
