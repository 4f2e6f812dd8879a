/** Training an inpainting network as an object with a life: state in a back end, one compiled step, losses. */
import type { Backend, Executable } from "@kintsugi/autodiff";
import {
  adamRate,
  adamSpecs,
  createVariables,
  initialValues,
  type NamedValues,
  type ParameterSpec,
  readAll,
  type Variables,
  writeAll,
} from "@kintsugi/nn";
import { type InpainterConfig, inpainterSpecs } from "./config.js";
import { trainingMask } from "./holes.js";
import { lossWeight, trainingProgram } from "./training.js";

export interface InpainterTrainingOptions {
  /** Images of a step. */
  readonly batch: number;
  /** Steps in all. */
  readonly steps: number;
  /** Adam's greatest step size; it rises to it within the first hundredth, and falls to 0 along a cosine. */
  readonly lr: number;
  /** Unsigned 32-bit; fixes first values and masks. */
  readonly seed: number;
}

export const DEFAULT_TRAINING: InpainterTrainingOptions = { batch: 16, steps: 20000, lr: 0.001, seed: 0 };

/** Of one step. */
export interface InpainterRecord {
  readonly step: number;
  readonly lr: number;
  /** Mean weighted L1 distance; see `trainingProgram`. */
  readonly loss: number;
  /** Norm of its gradient. */
  readonly gradient: number;
}

/** Everything a checkpoint holds. */
export function trainingSpecs(config: InpainterConfig): ParameterSpec[] {
  const specs = inpainterSpecs(config);
  return [...specs, ...adamSpecs(specs)];
}

/** Adam's step size for the step after `done` steps: up linearly within the first hundredth, then along a cosine to 0. */
export function learningRate({ lr, steps }: Pick<InpainterTrainingOptions, "lr" | "steps">, done: number): number {
  const rise = Math.min(1, (done + 1) / Math.max(1, steps / 100));
  return lr * rise * 0.5 * (1 + Math.cos((Math.PI * Math.min(done, steps)) / steps));
}

export class InpainterTrainer {
  #recorded: number;

  private constructor(
    private readonly backend: Backend,
    readonly config: InpainterConfig,
    readonly options: InpainterTrainingOptions,
    readonly variables: Variables,
    private readonly executable: Executable,
    private done: number,
  ) {
    this.#recorded = done;
  }

  /** @param resume the state to go on from, and how many steps made it; otherwise first values by the seed */
  static async create(
    backend: Backend,
    config: InpainterConfig,
    options: InpainterTrainingOptions,
    resume?: { readonly values: NamedValues; readonly step: number },
  ): Promise<InpainterTrainer> {
    const specs = trainingSpecs(config);
    const variables = createVariables(specs);
    writeAll(backend, variables, resume?.values ?? initialValues(specs, options.seed));
    const executable = await backend.compile(trainingProgram(config, options.batch, variables));
    return new InpainterTrainer(backend, config, options, variables, executable, resume?.step ?? 0);
  }

  /** Steps done. */
  get step(): number {
    return this.done;
  }

  /**
   * One step, with masks that follow from the seed and the step. Resolves when the next may be given.
   *
   * @param images [batch, size, size, channels] in [−1, 1]
   */
  async train(images: Float32Array): Promise<void> {
    const { batch, seed } = this.options;
    const { size, channels } = this.config;
    const known = new Float32Array(batch * size * size);
    const weight = new Float32Array(known.length);
    for (let i = 0; i < batch; i++) {
      const { pixels } = trainingMask(size, seed, this.done * batch + i);
      known.set(pixels, i * size * size);
      weight.set(lossWeight(pixels, channels), i * size * size);
    }
    const rate = adamRate({ lr: learningRate(this.options, this.done), ...ADAM }, this.done + 1);
    await this.executable.run({ images, known, weight, rate });
    this.done++;
  }

  /** The records of all steps since the last call. */
  async fetchRecords(): Promise<InpainterRecord[]> {
    const rows = await this.executable.fetchRecords();
    this.#recorded = this.done - rows.length;
    return rows.map(({ loss, norm }) => {
      const lr = learningRate(this.options, this.#recorded++);
      return { step: this.#recorded, lr, loss: loss![0]!, gradient: Math.sqrt(norm![0]!) };
    });
  }

  /** The value of every variable, by name. */
  values(): Promise<Map<string, Float32Array>> {
    return readAll(this.backend, this.variables);
  }

  destroy(): void {
    this.executable.destroy();
    this.backend.free(this.variables.values());
  }
}

const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;
