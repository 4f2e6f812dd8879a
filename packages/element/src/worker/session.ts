/** A model on a machine, and the search on it: what the worker keeps between two requests. Opens anew what was lost. */
import type { Backend } from "@kintsugi/autodiff";
import type { OpenedBackend } from "@kintsugi/backend/web";
import {
  type Completed,
  type Completer,
  createCompleter,
  DEFAULTS,
  type ManyOptions,
  type Mask,
} from "@kintsugi/completion";
import type { Model } from "@kintsugi/dcgan";
import { DeviceLostError } from "@kintsugi/gpu";
import { type Channels, fromRgba, toRgba } from "@kintsugi/images";
import { knownPixels } from "../mask.js";
import {
  type Candidate,
  CompleterError,
  type Completion,
  type ModelSource,
  type ModelSummary,
  type PaintedMask,
  type Progress,
  type SearchSettings,
} from "../messages.js";
import { machineOf, openMachine } from "./backend.js";
import { findModel } from "./model.js";
import { pixelsOf } from "./pixels.js";

export interface Task {
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** Iterations between two looks at the pictures, at most: often enough to look alive, and seldom enough not to cost much. */
const LOOK_EVERY = 4;
/** The search ends when no loss has become better for so many iterations. */
const PATIENCE = 20;

/** One first z for each answer: looking at many costs more, on a slow machine, than it saves in iterations. */
function optionsOf({ candidates, iterations, seed }: SearchSettings): ManyOptions {
  return {
    ...DEFAULTS,
    ...{ candidates, iterations, seed, starts: 1, patience: PATIENCE },
    outInterval: Math.max(1, Math.min(LOOK_EVERY, Math.round(iterations / 10))),
  };
}

export class Session {
  #opened: Promise<OpenedBackend> | undefined;
  /** Why the GPU is not tried again. */
  #avoidGpu: string | undefined;
  #model: Model | undefined;
  #completer: Completer | undefined;

  /** Looks for a machine first: who has none does not wait for a model. */
  async load(source: ModelSource, settings: SearchSettings, { report, signal }: Task): Promise<ModelSummary> {
    report({ phase: "device" });
    await this.#open(report);
    const { model, offline } = await findModel(source, report, signal);
    signal.throwIfAborted();
    await this.#completer?.destroy();
    this.#completer = undefined;
    this.#model = model;
    report({ phase: "compile" });
    await this.#onMachine({ report, signal }, (backend) => this.#ready(backend, model).prepare(optionsOf(settings), 1));
    const machine = machineOf(await this.#open(report));
    const { size, channels } = model.config;
    return { ...machine, size, channels, metadata: model.metadata, offline };
  }

  /** @param picture the region, of any size; it is closed */
  async complete(
    picture: ImageBitmap,
    painted: PaintedMask,
    settings: SearchSettings,
    task: Task,
  ): Promise<Completion> {
    const model = this.#model;
    if (!model) throw new Error("no model was loaded");
    const { size, channels } = model.config;
    const { values } = fromRgba(pixelsOf(picture, size), size, size, channels as Channels);
    picture.close();
    const mask: Mask = { size, pixels: knownPixels(painted, size) };
    return this.#onMachine(task, async (backend) => {
      const { outInterval, ...options } = optionsOf(settings);
      const { signal, report } = task;
      const { iterations } = settings;
      const last = await this.#ready(backend, model).complete(values, mask, {
        ...options,
        snapshotInterval: outInterval,
        signal,
        onSnapshot: (present) => {
          report({
            phase: "search",
            iteration: present.iteration,
            iterations,
            candidates: candidatesOf(present, size),
          });
        },
      });
      return { candidates: candidatesOf(last, size), iterations: last.iteration };
    });
  }

  #open(report: Task["report"]): Promise<OpenedBackend> {
    if (!this.#opened) {
      const opened = openMachine(report, this.#avoidGpu);
      this.#opened = opened;
      opened.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  #ready(device: Backend, model: Model): Completer {
    this.#completer ??= createCompleter({ device, model });
    return this.#completer;
  }

  /**
   * Does `task` on the open machine. A GPU that goes away is opened anew, once; one that goes away again, or fails otherwise,
   * is left alone from then on, and the processor does the task.
   */
  async #onMachine<T>({ report, signal }: Task, task: (backend: Backend) => Promise<T>): Promise<T> {
    for (let losses = 0; ; ) {
      const { backend, machine, lost } = await this.#open(report);
      const gone = lost.then((): never => {
        throw new DeviceLostError("the GPU was reset or taken away");
      });
      // The loss may come long after the task, when nobody listens any more.
      gone.catch(() => {});
      try {
        return await Promise.race([gone, task(backend)]);
      } catch (error) {
        if (signal.aborted || machine === "processor" || error instanceof CompleterError) throw error;
        const wasLost = error instanceof DeviceLostError || (await soon(lost));
        this.#opened = undefined;
        this.#completer = undefined;
        if (wasLost && ++losses === 1) {
          report({ phase: "reopened" });
          continue;
        }
        this.#avoidGpu = error instanceof Error ? error.message : String(error);
        backend.destroy();
      }
    }
  }
}

/** Whether a promise resolves in a moment: what runs on a lost device may fail before the browser says that it is lost. */
function soon(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => {
      setTimeout(resolve, 200, false);
    }),
  ]);
}

/** What the page shows of a completion, best first. Throws CompleterError (model-format) where it is no picture. */
function candidatesOf({ others, ...best }: Completed, size: number): Candidate[] {
  return [best, ...others].map(({ image, contextual, perceptual, total }) => {
    if (!Number.isFinite(total[0])) {
      throw new CompleterError("model-format", "the model paints no finite pictures: it is damaged");
    }
    const channels = (image.length / size ** 2) as Channels;
    return {
      rgba: toRgba({ width: size, height: size, channels, values: image }),
      contextual: contextual[0]!,
      perceptual: perceptual[0]!,
      total: total[0]!,
    };
  });
}
