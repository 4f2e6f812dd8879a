/** Training as an object with a life: state in a back end, one compiled step, records, samples, checkpoints. */
import { type Backend, type Executable, input, sizeOf, type Values } from "@kintsugi/autodiff";
import {
  adamRate,
  adamSpecs,
  createVariables,
  initialValues,
  type NamedValues,
  type ParameterSpec,
  PURPOSE,
  readAll,
  State,
  uniform,
  type Variables,
  writeAll,
} from "@kintsugi/nn";
import { checkConfig, type DcganConfig } from "./config.js";
import { modelSpecs } from "./model.js";
import { generator } from "./networks.js";
import { type TrainingOptions, trainingProgram } from "./training.js";

export interface TrainerOptions extends TrainingOptions {
  readonly lr: number;
  readonly seed: number;
}

/** Losses and means of one step; see `trainingProgram`. */
export interface StepRecord {
  readonly step: number;
  readonly dLossReal: number;
  readonly dLossFake: number;
  /** Before each update of G. */
  readonly gLoss: readonly number[];
  /** Mean D(x). */
  readonly dReal: number;
  /** Mean D(G(z)). */
  readonly dFake: number;
}

/** Everything a checkpoint holds beside the model. */
export function trainingSpecs(config: DcganConfig): ParameterSpec[] {
  const specs = modelSpecs(config);
  return [...specs, ...adamSpecs(specs)];
}

const BETA2 = 0.999;
const EPS = 1e-8;

export class Trainer {
  #recorded: number;

  private constructor(
    readonly backend: Backend,
    readonly config: DcganConfig,
    readonly options: TrainerOptions,
    readonly variables: Variables,
    readonly executable: Executable,
    private done: number,
  ) {
    this.#recorded = done;
  }

  /**
   * Builds the networks and their training step.
   *
   * @param resume the state to go on from, and how many steps made it; otherwise first values by the seed
   */
  static async create(
    backend: Backend,
    config: DcganConfig,
    options: TrainerOptions,
    resume?: { readonly values: NamedValues; readonly step: number },
  ): Promise<Trainer> {
    checkConfig(config);
    const specs = trainingSpecs(config);
    const variables = createVariables(specs);
    writeAll(backend, variables, resume?.values ?? initialValues(specs, options.seed));
    const executable = await backend.compile(trainingProgram(config, options, variables));
    return new Trainer(backend, config, options, variables, executable, resume?.step ?? 0);
  }

  /** Steps done. */
  get step(): number {
    return this.done;
  }

  /** z of a step: a function of seed and step alone. */
  latent(step: number): Float32Array<ArrayBuffer> {
    const { seed, batch } = this.options;
    return uniform({ seed, purpose: PURPOSE.z, index: step }, batch * this.config.nz);
  }

  /**
   * One step on a batch. Resolves when the next may be given.
   *
   * @param images [batch, size, size, channels] in [−1, 1]
   */
  async train(images: Float32Array, z = this.latent(this.done)): Promise<void> {
    const { lr, beta1, gSteps } = this.options;
    const rate = (t: number) => adamRate({ lr, beta1, beta2: BETA2, eps: EPS }, t);
    const rates = Array.from({ length: gSteps }, (_, i) => [`rateG${i}`, rate(this.done * gSteps + i + 1)] as const);
    await this.executable.run({ images, z, rateD: rate(this.done + 1), ...Object.fromEntries(rates) });
    this.done++;
  }

  /** The records of all steps since the last call. */
  async fetchRecords(): Promise<StepRecord[]> {
    const rows = await this.executable.fetchRecords();
    this.#recorded = this.done - rows.length;
    return rows.map((row) => toRecord(++this.#recorded, row, this.options.gSteps));
  }

  /** The value of every variable, by name. */
  values(): Promise<Map<string, Float32Array>> {
    return readAll(this.backend, this.variables);
  }
}

function toRecord(step: number, { dLoss, dMean, ...rest }: Values, gSteps: number): StepRecord {
  return {
    step,
    dLossReal: dLoss![0]!,
    dLossFake: dLoss![1]!,
    gLoss: Array.from({ length: gSteps }, (_, i) => rest[`gLoss${i}`]![0]!),
    dReal: dMean![0]!,
    dFake: dMean![1]!,
  };
}

/** Generates images in evaluation mode, from the variables of a trainer or a model. */
export class Sampler {
  private constructor(
    readonly config: DcganConfig,
    readonly batch: number,
    readonly executable: Executable,
  ) {}

  static async create(backend: Backend, config: DcganConfig, variables: Variables, batch: number): Promise<Sampler> {
    const z = input("z", [batch, config.nz]);
    const images = generator(new State(variables), config, z, { training: false });
    return new Sampler(config, batch, await backend.compile({ name: "sample", outputs: { images } }));
  }

  /**
   * G(z) for any number of z.
   *
   * @param z [count, nz]
   * @returns images [count, size, size, channels] in [−1, 1]
   */
  async sample(z: Float32Array): Promise<Float32Array> {
    const { nz, size, channels } = this.config;
    const count = z.length / nz;
    const image = sizeOf([size, size, channels]);
    const images = new Float32Array(count * image);
    const part = new Float32Array(this.batch * nz);
    for (let start = 0; start < count; start += this.batch) {
      const here = Math.min(this.batch, count - start);
      part.fill(0);
      part.set(z.subarray(start * nz, (start + here) * nz));
      await this.executable.run({ z: part });
      const { images: made } = await this.executable.read("images");
      images.set(made!.subarray(0, here * image), start * image);
    }
    return images;
  }

  destroy(): void {
    this.executable.destroy();
  }
}
