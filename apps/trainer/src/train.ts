/**
 * The training loop: which images a step sees, when records are fetched, samples made, scores taken and checkpoints asked
 * for. Takes a back end and images; imports no platform, so that the command and a page run the same loop.
 */
import type { Backend } from "@kintsugi/autodiff";
import {
  type DcganConfig,
  drawLatent,
  type Judged,
  Sampler,
  type StepRecord,
  type TrainerOptions,
} from "@kintsugi/dcgan";
import { type NamedValues, PURPOSE } from "@kintsugi/nn";
import type { TrainingImages } from "./batches.js";
import { DeviceWait, turn } from "./device_wait.js";
import { createFedTrainer } from "./feed.js";
import { createScore, type Scores } from "./score.js";

export interface TrainOptions extends TrainerOptions {
  /** Step to stop after. */
  readonly steps: number;
  /** Training ends earlier once so many seconds have gone by. */
  readonly maxSeconds?: number;
  /** Mirror each image with probability ½ each time it is used. Default false. */
  readonly flip?: boolean;
  /** Steps between two sample grids; 0 for none but the last. */
  readonly sampleEvery: number;
  /** Images in a sample grid. */
  readonly sampleCount: number;
  /** Steps between two scores; 0, and where there are no validation images, for none. Default 0. */
  readonly scoreEvery?: number;
  /** Steps between two checkpoints; 0 for none but the last. */
  readonly checkpointEvery: number;
  /** A checkpoint is also written once so many seconds have gone by since the last; the first one comes sooner. */
  readonly checkpointSeconds: number;
}

export interface Checkpoint {
  readonly step: number;
  /** Weights, running statistics, Adam's moments, and the average of the weights where there is one. */
  readonly values: NamedValues;
}

export interface TrainEvents {
  /**
   * The records of some steps, oldest first.
   *
   * @param deviceWait the share of the time since the last call for which the device had nothing to do
   */
  onRecords(records: readonly StepRecord[], deviceWait: number): void;
  /**
   * @param images [sampleCount, size, size, channels] in [−1, 1], in evaluation mode, from the same z every time
   * @param judged what D made of the last batch that it was trained on
   */
  onSample(step: number, images: Float32Array, judged?: Judged): Promise<void>;
  /** Comes before the record of its step. `values` fetches the state that was scored. */
  onScore?(step: number, scores: Scores, values: () => Promise<NamedValues>): Promise<void>;
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
}

export interface TrainContext {
  readonly resume?: Checkpoint;
  readonly signal?: AbortSignal;
  /** Images that the score compares with. */
  readonly validation?: TrainingImages;
  /** Whether the images stay on the device, see `staysOnDevice`. Default false. */
  readonly resident?: boolean;
}

/** A loss that is no longer a finite number. The last checkpoint is from before. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/** Records are fetched at least this often (steps, milliseconds): reading them makes the device wait for a moment. */
const FETCH_STEPS = 50;
const FETCH_MILLISECONDS = 1000;
/** The first checkpoint comes after this share of `checkpointSeconds`. */
const FIRST_CHECKPOINT = 0.2;

/**
 * Trains until `options.steps` are done, `maxSeconds` are over or `signal` is aborted, and asks for a checkpoint at the end
 * in every case.
 *
 * @returns the steps done
 */
export async function train(
  backend: Backend,
  config: DcganConfig,
  images: TrainingImages,
  options: TrainOptions,
  events: TrainEvents,
  { signal, validation, ...how }: TrainContext = {},
): Promise<number> {
  const { trainer, batches, labels } = await createFedTrainer(backend, config, images, options, how);
  const sampler = await Sampler.create(backend, config, trainer.evaluated, options.sampleCount);
  const z = drawLatent(config, { seed: options.seed, purpose: PURPOSE.samples, index: 0 }, options.sampleCount);
  const { scoreEvery = 0, seed } = options;
  const score = scoreEvery > 0 && validation?.count ? await createScore(backend, config, validation, seed) : undefined;
  const wait = new DeviceWait();
  const writing = new Writing(wait);
  const now = () => performance.now();
  const { step: began } = trainer;
  let fetched = { step: trainer.step, time: now() };
  let saved = { step: trainer.step, time: now() - (1 - FIRST_CHECKPOINT) * options.checkpointSeconds * 1000 };

  const sample = (latent: Float32Array) => {
    wait.giving();
    const images = sampler.sample(latent);
    wait.given(images);
    return images;
  };
  const fetch = async () => {
    const records = await trainer.fetchRecords();
    fetched = { step: trainer.step, time: now() };
    const broken = records.find(
      ({ dLossReal, dLossFake, gLoss }) => ![dLossReal, dLossFake, ...gLoss].every(Number.isFinite),
    );
    events.onRecords(broken ? records.slice(0, records.indexOf(broken)) : records, wait.share());
    if (broken) throw new DivergedError(`a loss is not finite at step ${broken.step}; try a lower --lr`);
  };
  const save = async () => {
    // Records first: a checkpoint must not hold what has diverged.
    if (fetched.step < trainer.step) await fetch();
    const checkpoint = { step: trainer.step, values: await trainer.values() };
    await writing.next(() => events.onCheckpoint(checkpoint));
    saved = { step: trainer.step, time: now() };
  };
  const show = async () => {
    const { step } = trainer;
    const judged = step > began ? await trainer.fetchJudged() : undefined;
    const images = await sample(z);
    await writing.next(() => events.onSample(step, images, judged));
  };

  const deadline = now() + (options.maxSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  let batch = batches(trainer.step);
  try {
    while (trainer.step < options.steps && !signal?.aborted && now() < deadline) {
      const next = trainer.step + 1;
      wait.giving();
      const running = trainer.train(batch, trainer.latent(trainer.step, labels?.(trainer.step)));
      wait.given(backend.idle());
      // While the device computes, the host prepares the next step.
      const busy = now();
      if (next < options.steps) batch = batches(next);
      wait.blocked(busy);
      await running;
      await turn();
      const { step } = trainer;
      if (score && due(step, scoreEvery)) await events.onScore?.(step, await score(sample), () => trainer.values());
      if (step - fetched.step >= FETCH_STEPS || now() - fetched.time >= FETCH_MILLISECONDS) await fetch();
      if (due(step, options.sampleEvery)) await show();
      const late = now() - saved.time >= options.checkpointSeconds * 1000;
      if (step < options.steps && (late || due(step, options.checkpointEvery))) await save();
    }
    if (fetched.step < trainer.step) await fetch();
    if (!due(trainer.step, options.sampleEvery)) await show();
    await save();
    await writing.next(async () => {});
  } finally {
    await writing.settled();
  }
  return trainer.step;
}

/** Writes files while training goes on, one after the other. What goes wrong is thrown where the next one is begun. */
class Writing {
  #last: Promise<void> = Promise.resolve();

  constructor(readonly wait: DeviceWait) {}

  async next(write: () => Promise<void>): Promise<void> {
    await this.#last;
    // A turn later, when the device has its next step: pictures take the host a while to encode.
    this.#last = turn().then(() => {
      const from = performance.now();
      const written = write();
      this.wait.blocked(from);
      return written;
    });
    // Thrown by the next call; Node must not take it for unheard in between.
    this.#last.catch(() => {});
  }

  settled(): Promise<void> {
    return this.#last.catch(() => {});
  }
}

function due(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}
