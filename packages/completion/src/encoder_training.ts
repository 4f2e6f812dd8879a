/**
 * Trains an encoder against a frozen generator, on pictures that the generator paints itself: their z are known, and there is
 * no end of them. What it learns is the mean of all z that agree with what is known. The discriminator has no part in it.
 */
import { add, type Backend, type Executable, grad, input, mean, multiply } from "@kintsugi/autodiff";
import { drawLatent, generator } from "@kintsugi/dcgan";
import {
  adamRate,
  adamSpecs,
  applyAdam,
  createVariables,
  initialValues,
  PURPOSE,
  readAll,
  State,
  type Statistics,
  updateStatistics,
  type Variables,
  writeAll,
} from "@kintsugi/nn";
import { type Mask, masks } from "@kintsugi/scene";
import { type EncoderConfig, type EncoderFile, encoder, encoderSpecs } from "./encoder.js";

const { center, PLAIN_MASKS, pattern, random, strokes } = masks;

import type { Networks } from "./problem.js";

export interface EncoderOptions {
  readonly batch: number;
  readonly seed: number;
  /** Channels of the first layer. */
  readonly width: number;
  /** Step size of Adam at the beginning; it falls to a twentieth at the end, along a cosine. */
  readonly lr: number;
  /** Steps in all. */
  readonly steps: number;
}

/** Steps on the same pictures, each with other masks: painting costs as much as learning. */
const REUSED = 3;

export class EncoderTrainer {
  #step = 0;

  private constructor(
    private readonly backend: Backend,
    private readonly networks: Networks,
    private readonly options: EncoderOptions,
    private readonly config: EncoderConfig,
    private readonly variables: Variables,
    private readonly paint: Executable,
    private readonly learn: Executable,
  ) {}

  static async create(backend: Backend, networks: Networks, options: EncoderOptions): Promise<EncoderTrainer> {
    const { size, channels, nz } = networks.config;
    const { batch, width, seed } = options;
    const config: EncoderConfig = { size, channels, nz, width };
    const specs = encoderSpecs(config);
    const owned = [...specs, ...adamSpecs(specs)];
    const variables = createVariables(owned);
    writeAll(backend, variables, initialValues(owned, seed));

    const z = input("z", [batch, nz]);
    const painted = generator(new State(networks.variables), networks.config, z, { training: false });
    const paint = await backend.compile({ name: "encoder's pictures", outputs: { painted } });

    const state = new State(variables);
    const [images, known] = [input("images", painted.shape), input("known", [batch, size, size])];
    const statistics: Statistics[] = [];
    const mode = { training: true, groups: 1, onStatistics: (one: Statistics) => statistics.push(one) } as const;
    const gap = add(encoder(state, config, images, known, mode), z, 1, -1);
    const loss = mean(multiply(gap, gap));
    const names = specs.filter(({ trainable }) => trainable).map(({ name }) => name);
    const gradients = grad(
      loss,
      names.map((name) => state.get(name)),
    );
    applyAdam(state, names, gradients, input("rate", [2]));
    updateStatistics(state, statistics);
    const learn = await backend.compile({ name: "encoder training", records: { loss }, updates: state.updates() });
    return new EncoderTrainer(backend, networks, options, config, variables, paint, learn);
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** One step. Resolves when the next may be given. */
  async train(): Promise<void> {
    const { batch, seed, lr, steps } = this.options;
    const { size } = this.config;
    const at = this.#step++;
    const pictures = at % REUSED === 0 ? await this.#pictures(at) : {};
    const known = new Float32Array(batch * size * size);
    for (let i = 0; i < batch; i++) known.set(trainingMask(size, seed, at * batch + i).pixels, i * size * size);
    const share = 0.05 + (0.95 * (1 + Math.cos((Math.PI * at) / steps))) / 2;
    const rate = adamRate({ lr: lr * share, beta1: 0.9, beta2: 0.999, eps: 1e-8 }, at + 1);
    await this.learn.run({ ...pictures, known, rate });
  }

  /** Mean squared error in z of all steps since the last call; a proposal of 0 has 1/3 where z is uniform. */
  async fetchLosses(): Promise<number[]> {
    return (await this.learn.fetchRecords()).map(({ loss }) => loss![0]!);
  }

  /** What it has learned so far. */
  async file(): Promise<EncoderFile> {
    const { seed, steps, batch } = this.options;
    const metadata = { step: this.#step, steps, batch, seed };
    return {
      config: this.config,
      values: await readAll(this.backend, this.variables),
      metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)])),
    };
  }

  destroy(): void {
    this.paint.destroy();
    this.learn.destroy();
    this.backend.free(this.variables.values());
  }

  async #pictures(step: number): Promise<{ readonly z: Float32Array; readonly images: Float32Array }> {
    const { batch, seed } = this.options;
    const z = drawLatent(this.networks.config, { seed, purpose: PURPOSE.z, index: step }, batch);
    await this.paint.run({ z });
    const { painted } = await this.paint.read("painted");
    return { z, images: painted! };
  }
}

/** Masks of all kinds in turn, of sizes by chance: number `image` of a training. */
export function trainingMask(size: number, seed: number, image: number): Mask {
  const share = (image * 0.618034) % 1;
  const halves = [PLAIN_MASKS.left, PLAIN_MASKS.right, PLAIN_MASKS.top, PLAIN_MASKS.bottom];
  const kinds = [
    () => center(size, 0.15 + 0.2 * share),
    () => random(size, { fraction: 0.1 + 0.8 * share, seed, image }),
    () => pattern(size, { fraction: 0.1 + 0.4 * share, seed, image }),
    () => halves[Math.floor(4 * share)]!(size),
    () => center(size),
    () => strokes(size, { fraction: 0.1 + 0.3 * share, seed, image }),
  ];
  return kinds[image % kinds.length]!();
}
