/** Training as an object with a life: state in a back end, one compiled step, records, checkpoints. */
import type { Backend, Executable, Tensor, Values } from "@kintsugi/autodiff";
import {
  adamRate,
  adamSpecs,
  createVariables,
  initialValues,
  type NamedValues,
  normal,
  type ParameterSpec,
  PURPOSE,
  readAll,
  type Variables,
  writeAll,
} from "@kintsugi/nn";
import { augments, drawAugment } from "./augment.js";
import { averaged, averageSpecs, beginAverage } from "./average.js";
import { checkConfig, type DcganConfig } from "./config.js";
import { drawLatent } from "./latent.js";
import { modelSpecs } from "./model.js";
import { averageRate, noiseDeviation, type RateDecay, rateShare } from "./schedule.js";
import { trainingProgram } from "./training.js";
import { imagesPerStep, type TrainingOptions } from "./training_options.js";

export interface TrainerOptions extends Omit<TrainingOptions, "noisy"> {
  readonly lr: number;
  /** D's, where it is not `lr`. */
  readonly lrD?: number;
  readonly seed: number;
  /** Without it the rate stays. */
  readonly lrDecay?: RateDecay;
  /** Deviation of instance noise on D's input, where white is 1 and black −1; none without it. */
  readonly noise?: number;
  /** Steps within which the noise falls linearly to 0; 0 or left out for never. */
  readonly noiseSteps?: number;
}

/** Losses and means of one step; see `trainingProgram`. */
export interface StepRecord {
  readonly step: number;
  /** The learning rate, where D has its own that of G. */
  readonly lr: number;
  readonly dLossReal: number;
  readonly dLossFake: number;
  /** What R1 added to D's loss, where it is asked for. */
  readonly penalty?: number;
  /** Before each update of G. What is said of D is before its last update. */
  readonly gLoss: readonly number[];
  /** Mean D(x). */
  readonly dReal: number;
  /** Mean D(G(z)). */
  readonly dFake: number;
  /** Norm of D's gradient over all its parameters. */
  readonly dGradient: number;
  /** Norm of G's gradient at each of its updates. */
  readonly gGradient: readonly number[];
}

/** D(x) and D(G(z)), image by image. */
export interface Judged {
  readonly real: Float32Array;
  readonly fake: Float32Array;
}

/** Everything a checkpoint holds, under these options. */
export function trainingSpecs(config: DcganConfig, { ema }: { readonly ema: number } = { ema: 0 }): ParameterSpec[] {
  const specs = modelSpecs(config);
  return [...specs, ...adamSpecs(specs), ...(ema > 0 ? averageSpecs(config) : [])];
}

const BETA2 = 0.999;
const EPS = 1e-8;

export class Trainer {
  #recorded: number;
  /** Whether the last noise given was silence. */
  #silent = false;

  private constructor(
    readonly backend: Backend,
    readonly config: DcganConfig,
    readonly options: TrainerOptions,
    readonly variables: Variables,
    readonly executable: Executable,
    private done: number,
    readonly resident: Tensor | undefined,
  ) {
    this.#recorded = done;
  }

  /**
   * Builds the networks and their training step.
   *
   * @param resume the state to go on from, and how many steps made it; otherwise first values by the seed
   * @param resident images that stay in the back end, see `placeImages`; a step is then given picks of them
   */
  static async create(
    backend: Backend,
    config: DcganConfig,
    options: TrainerOptions,
    resume?: { readonly values: NamedValues; readonly step: number },
    resident?: Tensor,
  ): Promise<Trainer> {
    checkConfig(config);
    const variables = createVariables(trainingSpecs(config, options));
    writeAll(backend, variables, resume?.values ?? firstValues(config, options));
    const program = trainingProgram(config, { ...options, noisy: (options.noise ?? 0) > 0 }, variables, resident);
    const step = resume?.step ?? 0;
    return new Trainer(backend, config, options, variables, await backend.compile(program), step, resident);
  }

  /** Steps done. */
  get step(): number {
    return this.done;
  }

  /** Images of a step. */
  get imagesPerStep(): number {
    return imagesPerStep(this.options);
  }

  /** z of a step: a function of seed and step, and of the classes of its images, where the model has classes. */
  latent(step: number, labels?: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const stream = { seed: this.options.seed, purpose: PURPOSE.z, index: step };
    return drawLatent(this.config, stream, this.imagesPerStep, labels);
  }

  /**
   * One step on a batch. Resolves when the next may be given.
   *
   * @param images [imagesPerStep, size, size, channels] in [−1, 1]; or where images are resident, [imagesPerStep, 2]: of
   *   each its place among them, and 1 to mirror it or 0
   * @param z as `latent` gives it; where the model has classes, it says those of `images` too
   */
  async train(images: Float32Array, z = this.latent(this.done)): Promise<void> {
    const { dSteps, gSteps, ema, lr, lrD = lr } = this.options;
    const seen = this.resident ? { picks: images } : { images };
    const average = ema > 0 ? { rateAverage: Float32Array.of(averageRate(ema, this.done)) } : {};
    await this.executable.run({
      ...seen,
      z,
      ...this.#rates("rateD", lrD, dSteps),
      ...this.#rates("rateG", lr, gSteps),
      ...average,
      ...this.#noise(),
      ...this.#draws(),
    });
    this.done++;
  }

  /** The records of all steps since the last call. */
  async fetchRecords(): Promise<StepRecord[]> {
    const rows = await this.executable.fetchRecords();
    this.#recorded = this.done - rows.length;
    return rows.map((row) => toRecord(++this.#recorded, this.#rate(this.#recorded - 1), row, this.options.gSteps));
  }

  /**
   * D(x) and D(G(z)) of each image of D's last batch, before its update: with batch statistics, as it was trained, in the
   * step that was done last.
   */
  async fetchJudged(): Promise<Judged> {
    const { judged } = await this.executable.read("judged");
    const { batch } = this.options;
    return { real: judged!.slice(0, batch), fake: judged!.slice(batch) };
  }

  /** The value of every variable, by name. */
  values(): Promise<Map<string, Float32Array>> {
    return readAll(this.backend, this.variables);
  }

  /** The variables to evaluate with: G's are their averages, where the options ask for these. */
  get evaluated(): Variables {
    return averaged(this.variables);
  }

  #rate(done: number, lr = this.options.lr): number {
    return lr * rateShare(this.options.lrDecay, done);
  }

  /** The rates of a network's updates in the next step. */
  #rates(name: string, full: number, updates: number): Record<string, Float32Array> {
    const { beta1, weightDecay } = this.options;
    const lr = this.#rate(this.done, full);
    return Object.fromEntries(
      Array.from({ length: updates }, (_, i) => {
        const rate = adamRate({ lr, beta1, beta2: BETA2, eps: EPS }, this.done * updates + i + 1);
        return [`${name}${i}`, weightDecay > 0 ? Float32Array.of(...rate, lr * weightDecay) : rate];
      }),
    );
  }

  #draws(): Readonly<Record<string, Float32Array>> {
    const { augment, seed } = this.options;
    if (!augments(augment)) return {};
    return drawAugment(this.config, augment, 3 * this.imagesPerStep, { seed, step: this.done });
  }

  #noise(): { noise?: Float32Array } {
    const { noise = 0, noiseSteps = 0, seed } = this.options;
    const sigma = noiseDeviation(noise, noiseSteps, this.done);
    if (noise === 0 || this.#silent) return {};
    const { size, channels } = this.config;
    const count = 2 * this.imagesPerStep * size * size * channels;
    // An input keeps its last values, so silence is said once.
    this.#silent = sigma === 0;
    if (this.#silent) return { noise: new Float32Array(count) };
    return { noise: normal({ seed, purpose: PURPOSE.noise, index: this.done }, count, sigma) };
  }
}

function firstValues(config: DcganConfig, { seed, ema }: TrainerOptions): NamedValues {
  const values = initialValues(trainingSpecs(config), seed);
  return ema > 0 ? beginAverage(config, values) : values;
}

function toRecord(step: number, lr: number, row: Values, gSteps: number): StepRecord {
  const each = <T>(pick: (i: number) => T) => Array.from({ length: gSteps }, (_, i) => pick(i));
  return {
    step,
    lr,
    dLossReal: row.dLoss![0]!,
    dLossFake: row.dLoss![1]!,
    ...(row.penalty ? { penalty: row.penalty[0]! } : {}),
    gLoss: each((i) => row[`gLoss${i}`]![0]!),
    dReal: row.dMean![0]!,
    dFake: row.dMean![1]!,
    dGradient: Math.sqrt(row.dNorm![0]!),
    gGradient: each((i) => Math.sqrt(row[`gNorm${i}`]![0]!)),
  };
}
