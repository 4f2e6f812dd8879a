/**
 * A batch of damaged images in a back end, with the objective that judges z against them. Every search moves the z of a
 * problem; the pictures, masks and z lie in variables, so that programs share them and a run uploads nothing.
 */
import { type Backend, constant, type Executable, poissonBlend, type Tensor, variable } from "@kintsugi/autodiff";
import type { DcganConfig, Model } from "@kintsugi/dcgan";
import { modelSpecs, withoutClasses } from "@kintsugi/dcgan";
import { createVariables, PURPOSE, State, uniform, type Variables, writeAll } from "@kintsugi/nn";
import type { Mask } from "@kintsugi/scene";
import { type Blend, blend, compose, gradedBatch } from "@kintsugi/scene";
import type { EncoderFile } from "./encoder.js";
import { DEFAULT_OBJECTIVE, type Objective, type ObjectiveOptions, objective, type Target } from "./objective.js";

/** Both networks in a back end: a loaded model, or a trainer while it trains. */
export interface Networks {
  readonly config: DcganConfig;
  readonly variables: Variables;
  /** Proposes where searches of this model begin. */
  readonly encoder?: EncoderFile;
}

/** Puts a model into a back end. Throws `ModelError` for one with classes: a search would end between them. */
export function loadNetworks(backend: Backend, model: Model): Networks {
  const { config, values } = withoutClasses(model);
  const variables = createVariables(modelSpecs(config));
  writeAll(backend, variables, values);
  return { config, variables };
}

/** Gives the memory of what `loadNetworks` put there back; all searches on it must be over. */
export function unloadNetworks(backend: Backend, { variables }: Networks): void {
  backend.free(variables.values());
}

export interface ProblemOptions extends ObjectiveOptions {
  /** The most images at once. */
  readonly batch: number;
  /** Side of the blocks of masks that know block means; leave it out where no mask does. */
  readonly block?: number;
  /** How snapshots are blended. Default none. */
  readonly blend?: Blend;
}

/** What a search starts from, for n ≤ batch images. */
export interface Start {
  /** [n, size, size, channels] in [−1, 1]; what is missing may hold anything. */
  readonly images: Float32Array;
  readonly masks: readonly Mask[];
  /** [n, nz]; see `latents`. */
  readonly z: Float32Array;
  /** How much each known pixel counts, [size, size] for each image; by default all count 1. See `importanceWeights`. */
  readonly weights?: readonly Float32Array[];
  /** Share of the pull that each image feels, n; by default all of it. */
  readonly pulls?: readonly number[];
}

/** Losses of each image, before the update of that iteration. */
export interface Losses {
  readonly iteration: number;
  readonly contextual: Float32Array;
  readonly perceptual: Float32Array;
  /** contextual + λ·perceptual, and with a pull what it adds. */
  readonly total: Float32Array;
}

/** The pictures of the present z, [n, size, size, channels], and their losses. */
export interface Snapshot extends Losses {
  /** G(z). */
  readonly hats: Float32Array;
  /** G(z) where pixels are missing, the images' own elsewhere. */
  readonly completed: Float32Array;
  /** The same, with G(z) fitted to what is around; see `Blend`. */
  readonly blended: Float32Array;
}

/** First z for images number `first` and up: uniform in [−1, 1), a function of the seed and the image's number alone. */
export function latents(seed: number, first: number, count: number, nz: number): Float32Array {
  const z = new Float32Array(count * nz);
  for (let i = 0; i < count; i++) z.set(uniform({ seed, purpose: PURPOSE.search, index: first + i }, nz), i * nz);
  return z;
}

/** σ of z·M over all z, as the root of the mean variance of its values. */
async function spreadOfFirstLayer(backend: Backend, { config, variables }: Networks): Promise<number> {
  const matrix = variables.get("generator/g_h0_lin/Matrix")!;
  const squares = (await backend.read(matrix)).reduce((sum, value) => sum + value ** 2, 0);
  const variance = config.z === "normal" ? 1 : 1 / 3;
  return Math.sqrt((variance * squares) / matrix.shape[1]!);
}

export class Problem {
  #start: Start | undefined;

  private constructor(
    readonly backend: Backend,
    readonly config: DcganConfig,
    readonly options: Required<ObjectiveOptions> & ProblemOptions,
    /** [batch, nz]. */
    readonly z: Tensor,
    /** [batch, values of G's first layer], where it may stray. */
    readonly d: Tensor | undefined,
    readonly target: Target,
    /** The objective at any z [batch, nz], traced anew. */
    readonly trace: (z: Tensor) => Objective,
    private readonly forward: Executable,
    /** [batch, size, size]: the masks, where the back end blends. */
    private readonly known: Tensor | undefined,
  ) {}

  static async create(backend: Backend, { config, variables }: Networks, given: ProblemOptions): Promise<Problem> {
    const options = { ...DEFAULT_OBJECTIVE, ...given };
    const { batch, block } = options;
    const { size, channels } = config;
    const z = variable("z", [batch, config.nz]);
    const target: Target = {
      images: variable("images", [batch, size, size, channels]),
      weights: variable("weights", [batch, size, size]),
      ...(block ? { means: { block, weights: variable("mean weights", [batch, size / block, size / block]) } } : {}),
      ...(options.pull > 0 ? { tether: variable("tether", [batch]) } : {}),
    };
    const firstLayer = variables.get("generator/g_h0_lin/bias")!.shape[0]!;
    const d = options.stray > 0 ? variable("d", [batch, firstLayer]) : undefined;
    const stray = d && { d, scale: options.stray * (await spreadOfFirstLayer(backend, { config, variables })) };
    const trace = (at: Tensor) => objective(new State(variables), config, at, target, options, stray);
    const { images, loss: _, ...losses } = trace(z);
    const solved = options.blend === "poisson" || options.blend === "graded";
    const onDevice = solved && !backend.lacks?.has("poissonBlend");
    const known = onDevice ? variable("known", target.weights.shape) : undefined;
    const blended: Record<string, Tensor> = known ? { blended: poissonBlend(target.images, images, known) } : {};
    if (known && options.blend === "graded") {
      blended.smooth = poissonBlend(target.images, constant(0, images.shape), known);
    }
    const forward = await backend.compile({
      name: "completion",
      outputs: { images, ...losses, ...blended },
    });
    return new Problem(backend, config, options, z, d, target, trace, forward, known);
  }

  /** Images of the present batch. */
  get count(): number {
    return this.present.masks.length;
  }

  /** Takes a batch. Places that it leaves empty get weight 0. Throws RangeError where sizes do not fit. */
  start(start: Start): void {
    this.check(start);
    const { backend, target, z } = this;
    backend.write(z, padded(start.z, z));
    if (this.d) backend.write(this.d, padded(new Float32Array(), this.d));
    backend.write(target.images, padded(start.images, target.images));
    const weights = start.masks.map((mask, i) => start.weights?.[i] ?? mask.pixels);
    backend.write(target.weights, padded(joined(weights), target.weights));
    if (this.known) backend.write(this.known, padded(joined(start.masks.map(({ pixels }) => pixels)), this.known));
    if (target.means) {
      const cells = target.means.weights.shape[1]! * target.means.weights.shape[2]!;
      const known = start.masks.map(({ means }) => means?.known ?? new Float32Array(cells));
      backend.write(target.means.weights, padded(joined(known), target.means.weights));
    }
    if (target.tether) {
      const { pull } = this.options;
      const { channels, nz } = this.config;
      const each = start.masks.map(({ means }, i) => {
        const reach = channels * (total(weights[i]!) + total(means?.known));
        return ((start.pulls?.[i] ?? 1) * pull * reach) / nz;
      });
      backend.write(target.tether, padded(Float32Array.from(each), target.tether));
    }
    this.#start = start;
  }

  /** The present z, [n, nz]. */
  async readZ(): Promise<Float32Array> {
    return (await this.backend.read(this.z)).slice(0, this.count * this.config.nz);
  }

  /** One forward pass: what the present z is worth. */
  async evaluate(iteration: number): Promise<Snapshot> {
    const { images, masks } = this.present;
    await this.forward.run();
    const { blend: kind = "none" } = this.options;
    const solved = this.known ? (kind === "graded" ? ["blended", "smooth"] : ["blended"]) : [];
    const names = ["images", ...this.measured, ...solved];
    const values = await this.forward.read(...names);
    const hats = values.images!.slice(0, images.length);
    const losses = this.losses(iteration, values);
    const completed = compose(images, hats, masks);
    const onHost = () => (kind === "none" ? completed : blend(kind, images, hats, masks));
    const poisson = values.blended?.slice(0, images.length);
    const blended = poisson && values.smooth ? gradedBatch(poisson, values.smooth, masks) : (poisson ?? onHost());
    return { ...losses, hats, completed, blended };
  }

  /** What every objective of this problem has of each image: parts of its loss, by name. */
  get measured(): readonly string[] {
    return ["contextual", "perceptual", ...(this.target.tether ? ["restraint"] : [])];
  }

  /** Losses of the images that are there, from what was measured at all places of the batch. */
  losses(iteration: number, measured: Readonly<Record<string, Float32Array>>): Losses {
    const contextual = measured.contextual!.slice(0, this.count);
    const perceptual = measured.perceptual!.slice(0, this.count);
    const total = Float32Array.from(contextual, (_, i) => this.total(measured, i));
    return { iteration, contextual, perceptual, total };
  }

  /** The whole loss of one image. */
  total({ contextual, perceptual, restraint }: Readonly<Record<string, Float32Array>>, image: number): number {
    return contextual![image]! + this.options.lambda * perceptual![image]! + (restraint?.[image] ?? 0);
  }

  /** Frees the compiled program, and all variables but the networks'. */
  destroy(): void {
    this.forward.destroy();
    const { images, weights, means, tether } = this.target;
    this.backend.free([
      this.z,
      ...(this.d ? [this.d] : []),
      images,
      weights,
      ...(means ? [means.weights] : []),
      ...(tether ? [tether] : []),
      ...(this.known ? [this.known] : []),
    ]);
  }

  private get present(): Start {
    if (!this.#start) throw new Error("completion: nothing was started");
    return this.#start;
  }

  private check({ images, masks, z, weights }: Start): void {
    const { batch, block } = this.options;
    const { size, channels, nz } = this.config;
    const n = masks.length;
    if (n < 1 || n > batch) throw new RangeError(`completion: ${n} images; this search takes 1 to ${batch}`);
    const expect = (name: string, length: number, wanted: number) => {
      if (length !== wanted)
        throw new RangeError(`completion: ${name} has ${length} values, ${n} images need ${wanted}`);
    };
    expect("images", images.length, n * size * size * channels);
    expect("z", z.length, n * nz);
    if (weights) expect("weights", joined(weights).length, n * size * size);
    for (const mask of masks) {
      if (mask.size !== size) throw new RangeError(`completion: a mask of ${mask.size} for images of ${size} pixels`);
      if (mask.means && mask.means.block !== block) {
        throw new RangeError(`completion: a mask knows means of ${mask.means.block}, this search has block ${block}`);
      }
    }
  }
}

const total = (values: Float32Array = new Float32Array()): number => values.reduce((sum, value) => sum + value, 0);

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Zeros after the values, to fill a tensor of a whole batch. */
export function padded(values: Float32Array, { shape }: Tensor): Float32Array {
  const whole = new Float32Array(shape.reduce((product, side) => product * side, 1));
  whole.set(values);
  return whole;
}
