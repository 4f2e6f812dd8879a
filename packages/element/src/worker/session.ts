/** A model on a machine, and the search on it: what the worker keeps between two requests. Opens anew what was lost. */
import type { Backend } from "@kintsugi/autodiff";
import { createSearch, latents, loadNetworks, type Mask, type Search, type Snapshot } from "@kintsugi/completion";
import type { Model } from "@kintsugi/dcgan";
import { DeviceLostError } from "@kintsugi/gpu";
import { type Channels, fromRgba, toRgba, unstack } from "@kintsugi/images";
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
import { chooseBackend, type OpenedBackend } from "./backend.js";
import { findModel } from "./model.js";
import { pixelsOf } from "./pixels.js";

export interface Task {
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

interface Ready {
  readonly search: Search;
  readonly candidates: number;
}

/** Pictures are shown at most so often, in milliseconds: often enough to look alive. */
const SHOW_EVERY = 120;
/** And iterating takes at least so many times as long as painting and blending a picture. */
const WORK_PER_SHOW = 4;

export class Session {
  #opened: Promise<OpenedBackend> | undefined;
  #model: Model | undefined;
  #ready: Ready | undefined;

  /** Looks for a machine first: who has none does not wait for a model. */
  async load(source: ModelSource, candidates: number, { report, signal }: Task): Promise<ModelSummary> {
    report({ phase: "device" });
    const { gpu } = await this.#open(report);
    const { model, offline } = await findModel(source, report, signal);
    this.#drop();
    this.#model = model;
    report({ phase: "compile" });
    const backend = await this.#onMachine(report, async (backend) => {
      await this.#prepare(backend, candidates);
      return backend.description;
    });
    const { size, channels } = model.config;
    return { size, channels, backend, gpu, metadata: model.metadata, offline };
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
    return this.#onMachine(task.report, async (backend) => {
      const search = await this.#prepare(backend, settings.candidates);
      const { candidates, seed } = settings;
      const images = new Float32Array(candidates * values.length);
      for (let i = 0; i < candidates; i++) images.set(values, i * values.length);
      search.start({
        images,
        masks: Array.from({ length: candidates }, () => mask),
        z: latents(seed, 0, candidates, model.config.nz),
      });
      const last = await run(search, settings, task, (snapshot) => this.#show(snapshot));
      return { candidates: this.#show(last), iterations: last.iteration };
    });
  }

  #show(snapshot: Snapshot): Candidate[] {
    if (!snapshot.total.every(Number.isFinite)) {
      throw new CompleterError("model-format", "the model paints no finite pictures: it is damaged");
    }
    const { size, channels } = this.#model!.config;
    return unstack(snapshot.blended, [snapshot.total.length, size, size, channels]).map((image, i) => ({
      rgba: toRgba(image),
      contextual: snapshot.contextual[i]!,
      perceptual: snapshot.perceptual[i]!,
      total: snapshot.total[i]!,
    }));
  }

  #open(report: Task["report"]): Promise<OpenedBackend> {
    this.#opened ??= chooseBackend(report);
    this.#opened.catch(() => {
      this.#opened = undefined;
    });
    return this.#opened;
  }

  async #prepare(backend: Backend, candidates: number): Promise<Search> {
    if (this.#ready?.candidates === candidates) return this.#ready.search;
    this.#drop();
    const search = await createSearch(backend, loadNetworks(backend, this.#model!), {
      batch: candidates,
      blend: "poisson",
    });
    this.#ready = { search, candidates };
    return search;
  }

  #drop(): void {
    this.#ready?.search.destroy();
    this.#ready = undefined;
  }

  /** Does `task` on the open machine; where that goes away, once more on a new one. */
  async #onMachine<T>(report: Task["report"], task: (backend: Backend) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { backend, lost } = await this.#open(report);
      const gone = lost.then((): never => {
        throw new DeviceLostError("the GPU was reset or taken away");
      });
      // The loss may come long after the task, when nobody listens any more.
      gone.catch(() => {});
      try {
        return await Promise.race([gone, task(backend)]);
      } catch (error) {
        if (!(error instanceof DeviceLostError || (await soon(lost)))) throw error;
        this.#opened = undefined;
        this.#ready = undefined;
        if (attempt === 2) throw new CompleterError("gpu-lost", String(error));
        report({ phase: "reopened" });
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

/** Iterates in short chunks, so that there is something to see and an end between any two. Throws when cancelled. */
async function run(
  search: Search,
  { iterations }: SearchSettings,
  { report, signal }: Task,
  show: (snapshot: Snapshot) => Candidate[],
): Promise<Snapshot> {
  for (let chunk = 1; ; ) {
    const { iteration } = search;
    const began = performance.now();
    await search.iterate(Math.min(chunk, iterations - iteration), { signal });
    if (signal.aborted) throw new CompleterError("cancelled", "");
    const iterated = performance.now();
    const snapshot = await search.evaluate();
    const pause = Math.max(SHOW_EVERY, WORK_PER_SHOW * (performance.now() - iterated));
    if (search.iteration >= iterations) return snapshot;
    report({ phase: "search", iteration: search.iteration, iterations, candidates: show(snapshot) });
    const each = (iterated - began) / chunk;
    chunk = Math.max(1, Math.min(2 * chunk, Math.round(pause / each)));
  }
}
