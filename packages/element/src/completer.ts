/**
 * The completer as a whole: picture, mask, model and answers. Knows no attribute and no event of the page; the element in
 * front of it does.
 */
import { Engine } from "./engine.js";
import type { CompleterHost } from "./host.js";
import { Mask } from "./mask.js";
import { maskPixels } from "./mask_file.js";
import { CompleterError, type Completion, type ModelSummary, type Progress, type Region } from "./messages.js";
import { loadPicture, type PictureSource, squareAt } from "./picture.js";
import { failureText, fill, type Strings } from "./strings.js";
import { copy, download } from "./take_away.js";
import { Interface } from "./view/interface.js";

interface Loaded {
  readonly bitmap: ImageBitmap;
  /** What of it is completed. */
  region: Region;
  mask: Mask;
}

export class Completer {
  readonly #engine = new Engine();
  readonly #view: Interface;
  #loaded: Loaded | undefined;
  /** Of the picture on its way, if one is. What comes for another one is late, and silent. */
  #opening: AbortController | undefined;
  #model: { readonly summary: Promise<ModelSummary>; readonly controller: AbortController } | undefined;
  #busy: AbortController | undefined;
  #completion: { readonly size: number; readonly answers: Completion } | undefined;

  constructor(
    readonly strings: Strings,
    readonly host: CompleterHost,
  ) {
    this.#view = new Interface(strings, {
      openPicture: (picture) => void this.open(picture),
      openMask: (file) => void this.loadMask(file),
      openModel: (file) => host.takeModel(file),
      paint: () => this.#resume(),
      painted: () => this.#masked(),
      change: (how) => this.change(how),
      undo: () => this.undo(),
      redo: () => this.redo(),
      place: (position) => this.#place(position),
      complete: () => void this.complete(),
      cancel: () => this.cancel(),
      choose: (candidate) => this.#choose(candidate),
      download: () => void this.#takeAway((blob) => download(blob, strings.file), strings.saved),
      copy: () => void this.#takeAway(copy, strings.copied),
    });
  }

  get element(): HTMLElement {
    return this.#view.element;
  }

  get busy(): boolean {
    return this.#busy !== undefined;
  }

  get mask(): Mask | undefined {
    return this.#loaded?.mask;
  }

  /** Opens a picture instead of the present one, or with nothing closes that. */
  async open(source: PictureSource | undefined): Promise<void> {
    this.cancel();
    this.#opening?.abort();
    this.#opening = undefined;
    if (source === undefined) return this.#close();
    const opening = new AbortController();
    const { signal } = opening;
    this.#opening = opening;
    this.#view.status.say(this.strings.openingPicture);
    this.#update();
    try {
      const bitmap = await loadPicture(source, signal);
      if (signal.aborted) return bitmap.close();
      this.#opening = undefined;
      this.#show(bitmap);
    } catch (error) {
      if (signal.aborted) return;
      this.#opening = undefined;
      this.#update();
      this.#fail(error);
    }
  }

  #show(bitmap: ImageBitmap): void {
    this.#loaded?.bitmap.close();
    const { width, height } = bitmap;
    this.#loaded = { bitmap, region: squareAt(width, height), mask: new Mask(1) };
    this.#view.stage.show(bitmap);
    this.#view.toolbar.position = 0.5;
    this.#place(0.5);
    this.host.onPicture(width, height);
    this.#view.status.say(this.strings.paint);
    this.#prepareUnasked();
  }

  #close(): void {
    if (this.#loaded) {
      this.#resume();
      this.#loaded.bitmap.close();
      this.#loaded = undefined;
      this.#view.status.say("");
    }
    this.#update();
  }

  /** Forgets the model, after its source has changed. */
  forgetModel(): void {
    this.cancel();
    this.#model?.controller.abort();
    this.#model = undefined;
    this.#view.status.rest();
    this.#view.credit("");
    this.#prepareUnasked();
  }

  /** The model is made ready while one paints. */
  #prepareUnasked(): void {
    if (this.#loaded && this.host.modelSource) this.prepare().catch((error: unknown) => this.#fail(error));
  }

  /** Loads the model, once. Throws CompleterError, `cancelled` where another has taken its place. */
  prepare(): Promise<ModelSummary> {
    if (!this.#model) {
      const controller = new AbortController();
      const model = { summary: this.#loadModel(controller.signal), controller };
      this.#model = model;
      model.summary.catch(() => {
        if (this.#model === model) this.#model = undefined;
      });
    }
    return this.#model.summary;
  }

  async #loadModel(signal: AbortSignal): Promise<ModelSummary> {
    const { strings, host } = this;
    const model = host.modelSource;
    if (!model) throw new CompleterError("model-fetch", strings.noModel);
    const onProgress = (progress: Progress) => this.#progress(progress);
    const summary = await this.#engine.ask({ type: "load", model, settings: host.settings }, { onProgress, signal });
    host.onModel(summary);
    const { size, machine, offline, metadata } = summary;
    this.#view.credit(metadata.credit ?? "");
    if (this.busy || !this.#loaded) return summary;
    this.#view.status.rest();
    const { width, height } = this.#loaded.bitmap;
    const square = width === size && height === size ? "" : fill(strings.square, { size });
    const detail = [strings[MACHINES[machine]], square].filter(Boolean).join(" ");
    this.#view.status.say(offline ? strings.offline : strings.paint, { detail });
    return summary;
  }

  /** Fills what is painted. Resolves with nothing where it was cancelled, refused or failed. */
  async complete(): Promise<Completion | undefined> {
    const loaded = this.#loaded;
    if (!loaded || this.#busy) return undefined;
    if (this.#opening) {
      this.#view.status.say(this.strings.openingPicture);
      return undefined;
    }
    if (loaded.mask.empty) {
      this.#view.status.say(this.strings.nothingPainted);
      return undefined;
    }
    if (!this.host.onStart()) return undefined;
    const began = performance.now();
    this.#busy = new AbortController();
    const { signal } = this.#busy;
    this.#view.results.hide();
    this.#view.compare(0);
    this.#update();
    try {
      const { size } = await abortable(this.prepare(), signal);
      const answers = await this.#search(loaded, size, signal);
      this.#completion = { size, answers };
      this.#view.results.show(answers.candidates, size, true);
      this.#draw(0);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      this.#view.status.say(fill(this.strings.done, { seconds }));
      this.host.onComplete(answers, this.#view.results.chosen);
      return answers;
    } catch (error) {
      this.#view.results.hide();
      this.#view.stage.layers.clearFilling();
      this.#view.stage.layers.veiled = true;
      if (signal.aborted) {
        if (!this.#opening) this.#view.status.say(this.strings.cancelled);
        this.host.onCancel();
      } else this.#fail(error);
      return undefined;
    } finally {
      this.#busy = undefined;
      this.#view.status.rest();
      this.#update();
    }
  }

  async #search({ bitmap, region, mask }: Loaded, size: number, signal: AbortSignal): Promise<Completion> {
    const { x, y, side } = region;
    const picture = await createImageBitmap(bitmap, x, y, side, side);
    this.#view.stage.layers.cutStencil(mask);
    return this.#engine.ask(
      { type: "complete", picture, mask: { side: mask.side, cells: mask.cells }, settings: this.host.settings },
      { signal, transfer: [picture], onProgress: (progress) => this.#progress(progress, size) },
    );
  }

  cancel(): void {
    this.#busy?.abort();
  }

  /** Changes the mask in one step that can be undone. */
  change(how: (mask: Mask) => void): void {
    const mask = this.#loaded?.mask;
    if (!mask || !this.#resume()) return;
    mask.begin();
    how(mask);
    this.#masked();
  }

  undo(): void {
    if (this.#resume() && this.#loaded?.mask.undo()) this.#masked();
  }

  redo(): void {
    if (this.#resume() && this.#loaded?.mask.redo()) this.#masked();
  }

  /** A mask picture of any size, in the proportions of the picture. */
  async loadMask(source: PictureSource): Promise<void> {
    if (!this.#loaded) return;
    try {
      const { bitmap, region, mask } = this.#loaded;
      const pixels = await maskPixels(source, bitmap, region, mask.side);
      this.change((changed) => changed.load(pixels));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The completed picture as PNG; undefined where there is none. */
  async toBlob(): Promise<Blob | undefined> {
    if (!this.#completion || !this.#loaded) return undefined;
    const { size, answers } = this.#completion;
    const { bitmap, region, mask } = this.#loaded;
    const { rgba } = answers.candidates[this.#view.results.chosen]!;
    const picture = await createImageBitmap(bitmap);
    return this.#engine.ask(
      { type: "render", picture, region, mask: { side: mask.side, cells: mask.cells }, size, rgba },
      { transfer: [picture] },
    );
  }

  choosePicture(): void {
    this.#view.entrance.openPicture();
  }

  /** Takes a picture or a model out of a paste. Returns whether there was one. */
  take(transfer: DataTransfer | null): boolean {
    return this.#view.entrance.take(transfer);
  }

  close(): void {
    this.cancel();
    this.#opening?.abort();
    this.#engine.close();
    this.#model = undefined;
  }

  #place(position: number): void {
    const loaded = this.#loaded;
    if (!loaded) return;
    loaded.region = squareAt(loaded.bitmap.width, loaded.bitmap.height, position);
    loaded.mask = new Mask(loaded.region.side);
    this.#resume();
    this.#view.stage.paintOn(loaded.mask, loaded.region);
    this.#update();
  }

  /** Back from an answer to painting. Returns whether one may paint now. */
  #resume(): boolean {
    if (this.#busy || !this.#loaded) return false;
    const { layers } = this.#view.stage;
    if (this.#completion) {
      this.#completion = undefined;
      this.#view.results.hide();
      layers.clearFilling();
      this.#view.status.say(this.strings.paint);
    }
    layers.veiled = true;
    return true;
  }

  #masked(): void {
    this.#view.stage.redraw();
    this.#update();
    this.host.onMask();
  }

  #choose(chosen: number): void {
    if (!this.#completion) return;
    this.#draw(chosen);
    this.host.onChoose(chosen);
  }

  #draw(chosen: number): void {
    const { size, answers } = this.#completion!;
    this.#view.stage.layers.veiled = false;
    this.#view.stage.layers.drawFilling(answers.candidates[chosen]!.rgba, size);
  }

  #progress(progress: Progress, size = 0): void {
    this.host.onProgress(progress);
    if (progress.phase === "ready") {
      const { phase, ...machine } = progress;
      this.host.onReady(machine);
      return;
    }
    this.#view.status.show(progress);
    if (progress.phase !== "search") return;
    const { results, stage } = this.#view;
    stage.layers.veiled = false;
    results.show(progress.candidates, size, false);
    stage.layers.drawFilling(progress.candidates[results.chosen]!.rgba, size);
  }

  #fail(error: unknown): void {
    // Somebody has asked for something else since; it is that which is spoken of now.
    if (error instanceof CompleterError && error.code === "cancelled") return;
    const known =
      error instanceof CompleterError
        ? error
        : new CompleterError("internal", error instanceof Error ? error.message : String(error));
    const text = failureText(this.strings, known.code);
    this.#view.status.rest();
    // Nobody without a GPU is helped by what an adapter is.
    this.#view.status.say(text, { failed: true, detail: known.code === "no-webgpu" ? "" : known.detail });
    this.host.onFailure(known, text);
  }

  #update(): void {
    const { bitmap, mask } = this.#loaded ?? {};
    const oblong = bitmap !== undefined && bitmap.width !== bitmap.height;
    this.#view.update({ busy: this.busy, opening: this.#opening !== undefined, mask, oblong });
    this.host.onBusy(this.busy);
  }

  async #takeAway(how: (blob: Promise<Blob>) => Promise<void>, said: string): Promise<void> {
    try {
      await how(this.toBlob().then((blob) => blob ?? Promise.reject(new CompleterError("cancelled", ""))));
      this.#view.status.say(said);
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** What is said of each machine. */
const MACHINES = { gpu: "onGpu", software: "onSoftware", processor: "onCpu" } as const;

/** Does not wait any longer once told so; what was waited for goes on. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new CompleterError("cancelled", "")), { once: true });
    }),
  ]);
}
