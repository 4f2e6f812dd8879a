/**
 * The completer as a whole: picture, mask, model and answers, and the interface that shows them. Knows no attribute and no
 * event of the page; the element in front of it does.
 */
import { Engine } from "./engine.js";
import { Mask } from "./mask.js";
import { CompleterError, type Completion, type ModelSource, type ModelSummary, type Progress } from "./messages.js";
import { loadPicture, type PictureSource, squareAt } from "./picture.js";
import { failureText, fill, type Strings } from "./strings.js";
import { h } from "./view/dom.js";
import { Entrance } from "./view/entrance.js";
import { bestOf, Results } from "./view/results.js";
import { Stage } from "./view/stage.js";
import { Status } from "./view/status.js";
import { type Tool, Toolbar } from "./view/toolbar.js";

export interface Settings {
  readonly candidates: number;
  readonly iterations: number;
  readonly seed: number;
}

/** What the element in front is asked and told. */
export interface CompleterHost {
  readonly settings: Settings;
  readonly modelSource: ModelSource | undefined;
  onPicture(width: number, height: number): void;
  onModel(model: ModelSummary): void;
  onMask(): void;
  /** Returns whether to go on. */
  onStart(): boolean;
  onProgress(progress: Progress): void;
  onComplete(completion: Completion, chosen: number): void;
  onChoose(chosen: number): void;
  onCancel(): void;
  onFailure(error: CompleterError, message: string): void;
  onBusy(busy: boolean): void;
  /** A model file was dropped. */
  takeModel(file: Blob): void;
}

interface Loaded {
  readonly bitmap: ImageBitmap;
  position: number;
  mask: Mask;
}

export class Completer {
  readonly #engine = new Engine();
  readonly #stage: Stage;
  readonly #toolbar: Toolbar;
  readonly #results: Results;
  readonly #status = new Status();
  readonly #entrance: Entrance;
  readonly element: HTMLDivElement;
  #loaded: Loaded | undefined;
  #loadingPicture: AbortController | undefined;
  #model: Promise<ModelSummary> | undefined;
  #busy: AbortController | undefined;
  #completion: { readonly size: number; readonly answers: Completion; readonly mask: Mask } | undefined;

  constructor(
    readonly strings: Strings,
    readonly host: CompleterHost,
  ) {
    this.#stage = new Stage({
      onBegin: () => this.#resume(),
      onChange: () => this.#masked(),
      onKey: (event) => this.#key(event),
    });
    this.#stage.element.setAttribute("aria-label", strings.stage);
    this.#toolbar = new Toolbar(strings, {
      onTool: (tool) => this.#use(tool),
      onSize: (size) => {
        this.#stage.brush = size;
      },
      onPosition: (position) => this.#place(position),
      onComplete: () => (this.#busy ? this.cancel() : void this.complete()),
    });
    this.#results = new Results(strings, {
      onCompare: (share) => this.#compare(share),
      onChoose: (chosen) => this.#choose(chosen),
      onDownload: () => void this.#download(),
      onCopy: () => void this.#copy(),
    });
    this.#entrance = new Entrance(strings, {
      onPicture: (file) => void this.open(file),
      onMask: (file) => void this.loadMask(file),
      onModel: (file) => host.takeModel(file),
    });
    this.element = h(
      "div",
      { class: "frame", part: "frame", role: "group", "aria-label": strings.label, ...this.#dropping() },
      this.#entrance.element,
      this.#stage.element,
      this.#toolbar.element,
      this.#status.element,
      this.#results.element,
      this.#entrance.dialogs,
      h("p", { id: "keys", hidden: true }, strings.keys),
    );
    this.#update();
  }

  get busy(): boolean {
    return this.#busy !== undefined;
  }

  get mask(): Mask | undefined {
    return this.#loaded?.mask;
  }

  /** Opens a picture instead of the present one. */
  async open(source: PictureSource): Promise<void> {
    this.cancel();
    this.#loadingPicture?.abort();
    const { signal } = (this.#loadingPicture = new AbortController());
    try {
      const bitmap = await loadPicture(source, signal);
      if (signal.aborted) return bitmap.close();
      this.#loaded?.bitmap.close();
      this.#loaded = { bitmap, position: 0.5, mask: new Mask(1) };
      this.#stage.show(bitmap);
      this.#toolbar.position = 0.5;
      this.#place(0.5);
      this.host.onPicture(bitmap.width, bitmap.height);
      this.#status.say(this.strings.paint);
      if (this.host.modelSource) await this.prepare();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Forgets the model, after its source has changed. */
  forgetModel(): void {
    this.cancel();
    this.#model = undefined;
    if (this.#loaded && this.host.modelSource) void this.prepare().catch((error: unknown) => this.#fail(error));
  }

  /** Loads the model, once. */
  prepare(): Promise<ModelSummary> {
    this.#model ??= this.#loadModel().catch((error: unknown) => {
      this.#model = undefined;
      throw error;
    });
    return this.#model;
  }

  async #loadModel(): Promise<ModelSummary> {
    const model = this.host.modelSource;
    if (!model) throw new CompleterError("model-fetch", this.strings.noModel);
    const { candidates } = this.host.settings;
    const summary = await this.#engine.ask(
      { type: "load", model, candidates },
      { onProgress: (progress) => this.#progress(progress) },
    );
    this.host.onModel(summary);
    this.#status.rest();
    const { strings } = this;
    const { bitmap } = this.#loaded ?? {};
    const whole = bitmap && bitmap.width === summary.size && bitmap.height === summary.size;
    const square = whole ? "" : fill(strings.square, { size: summary.size });
    this.#status.say(summary.offline ? strings.offline : strings.paint, { detail: summary.offline ? "" : square });
    return summary;
  }

  /** Fills what is painted. Resolves with nothing where it was cancelled, refused or failed. */
  async complete(): Promise<Completion | undefined> {
    const loaded = this.#loaded;
    if (!loaded || this.#busy) return undefined;
    if (loaded.mask.empty) {
      this.#status.say(this.strings.nothingPainted);
      return undefined;
    }
    if (!this.host.onStart()) return undefined;
    const began = performance.now();
    const { signal } = (this.#busy = new AbortController());
    this.#results.hide();
    this.#update();
    try {
      const { size } = await abortable(this.prepare(), signal);
      const { bitmap, mask, position } = loaded;
      const { x, y, side } = squareAt(bitmap.width, bitmap.height, position);
      const picture = await createImageBitmap(bitmap, x, y, side, side);
      this.#stage.layers.cutStencil(mask);
      const answers = await this.#engine.ask(
        { type: "complete", picture, mask: { side: mask.side, cells: mask.cells }, settings: this.host.settings },
        { signal, transfer: [picture], onProgress: (progress) => this.#progress(progress, size) },
      );
      this.#completion = { size, answers, mask };
      this.#results.show(answers.candidates, size, true);
      this.#results.compared = 0;
      this.#compare(0);
      this.#choose(bestOf(answers.candidates));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      this.#status.say(fill(this.strings.done, { seconds }));
      this.host.onComplete(answers, this.#results.chosen);
      return answers;
    } catch (error) {
      this.#results.hide();
      this.#stage.layers.clearFilling();
      this.#stage.layers.veiled = true;
      if (signal.aborted) {
        this.#status.say(this.strings.cancelled);
        this.host.onCancel();
      } else this.#fail(error);
      return undefined;
    } finally {
      this.#busy = undefined;
      this.#status.rest();
      this.#update();
    }
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

  /** A mask picture of any size is stretched over the square, or over the whole picture where it has its shape. */
  async loadMask(source: PictureSource): Promise<void> {
    if (!this.#loaded) return;
    try {
      const painted = await loadPicture(source);
      const { bitmap, mask, position } = this.#loaded;
      const { x, y, side } = squareAt(bitmap.width, bitmap.height, position);
      const whole = Math.abs(painted.width / painted.height - bitmap.width / bitmap.height) < 0.01;
      const [sx, sy] = [painted.width / bitmap.width, painted.height / bitmap.height];
      const canvas = h("canvas", { width: String(mask.side), height: String(mask.side) });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      if (!context) return;
      if (whole) context.drawImage(painted, x * sx, y * sy, side * sx, side * sy, 0, 0, mask.side, mask.side);
      else context.drawImage(painted, 0, 0, mask.side, mask.side);
      painted.close();
      const { data } = context.getImageData(0, 0, mask.side, mask.side);
      this.change((changed) => changed.load(data));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The completed picture as PNG; undefined where there is none. */
  async toBlob(): Promise<Blob | undefined> {
    const { bitmap, position } = this.#loaded ?? {};
    if (!this.#completion || !bitmap) return undefined;
    const { size, answers, mask } = this.#completion;
    const picture = await createImageBitmap(bitmap);
    return this.#engine.ask(
      {
        type: "render",
        picture,
        region: squareAt(bitmap.width, bitmap.height, position),
        mask: { side: mask.side, cells: mask.cells },
        size,
        rgba: answers.candidates[this.#results.chosen]!.rgba,
      },
      { transfer: [picture] },
    );
  }

  /** Takes a picture or a model out of a paste. */
  paste(event: ClipboardEvent): void {
    if (this.#entrance.take(event.clipboardData)) event.preventDefault();
  }

  close(): void {
    this.#engine.close();
    this.#model = undefined;
  }

  // What follows connects the parts of the interface with each other.

  #place(position: number): void {
    const loaded = this.#loaded;
    if (!loaded) return;
    const region = squareAt(loaded.bitmap.width, loaded.bitmap.height, position);
    loaded.position = position;
    loaded.mask = new Mask(region.side);
    this.#resume();
    this.#stage.paintOn(loaded.mask, region);
    this.#update();
  }

  /** Back from an answer to painting. Returns whether one may paint now. */
  #resume(): boolean {
    if (this.#busy || !this.#loaded) return false;
    if (this.#completion) {
      this.#completion = undefined;
      this.#results.hide();
      this.#stage.layers.clearFilling();
      this.#status.say(this.strings.paint);
    }
    this.#stage.layers.veiled = true;
    return true;
  }

  #masked(): void {
    this.#stage.redraw();
    this.#update();
    this.host.onMask();
  }

  #choose(chosen: number): void {
    if (!this.#completion) return;
    const { size, answers } = this.#completion;
    this.#stage.layers.veiled = false;
    this.#stage.layers.drawFilling(answers.candidates[chosen]!.rgba, size);
    if (!this.#busy) this.host.onChoose(chosen);
  }

  #compare(share: number): void {
    this.#stage.layers.compare(share, getComputedStyle(this.element).direction === "rtl");
  }

  #progress(progress: Progress, size = 0): void {
    const { strings } = this;
    this.host.onProgress(progress);
    if (progress.phase === "search") {
      const share = progress.iteration / progress.iterations;
      this.#stage.layers.veiled = false;
      this.#stage.layers.drawFilling(progress.candidates[this.#results.chosen]!.rgba, size);
      this.#results.show(progress.candidates, size, false);
      // In quarters: a screen reader should not read a hundred numbers.
      const text = fill(strings.searching, { percent: Math.floor(share * 4) * 25 });
      this.#status.progress(text, share);
      this.#status.say(text);
      return;
    }
    const { total = 0, loaded = 0 } = progress.phase === "model" ? { ...progress, total: progress.total ?? 0 } : {};
    const share = total > 0 ? Math.min(1, loaded / total) : undefined;
    const percent = share === undefined ? "" : `${Math.floor(share * 10) * 10} %`;
    const texts = {
      device: strings.openingDevice,
      model: fill(strings.loadingModel, { percent }),
      compile: strings.compiling,
      reopened: strings.reopened,
    };
    this.#status.progress(texts[progress.phase], share);
    this.#status.say(texts[progress.phase]);
  }

  #fail(error: unknown): void {
    const known =
      error instanceof CompleterError
        ? error
        : new CompleterError("internal", error instanceof Error ? error.message : String(error));
    const text = failureText(this.strings, known.code);
    this.#status.rest();
    // Nobody without a GPU is helped by what an adapter is.
    this.#status.say(text, { failed: true, detail: known.code === "no-webgpu" ? "" : known.detail });
    this.host.onFailure(known, text);
  }

  #use(tool: Tool): void {
    const tools: Record<Tool, () => void> = {
      brush: () => this.#erase(false),
      eraser: () => this.#erase(true),
      undo: () => this.undo(),
      redo: () => this.redo(),
      clear: () => this.change((mask) => mask.clear()),
      invert: () => this.change((mask) => mask.invert()),
      loadMask: () => this.#entrance.openMask(),
      zoomIn: () => this.#stage.zoom(1.25),
      zoomOut: () => this.#stage.zoom(0.8),
      fit: () => this.#stage.fit(),
      open: () => this.#entrance.openPicture(),
    };
    tools[tool]();
  }

  #erase(erasing: boolean): void {
    this.#stage.erasing = erasing;
    this.#update();
  }

  #key(event: KeyboardEvent): void {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const does: Readonly<Record<string, (() => void) | undefined>> = command
      ? { z: () => (event.shiftKey ? this.redo() : this.undo()), y: () => this.redo() }
      : {
          "[": () => this.#resize(-0.02),
          "]": () => this.#resize(0.02),
          e: () => this.#erase(!this.#stage.erasing),
          enter: () => void this.complete(),
          escape: () => this.cancel(),
        };
    const action = does[key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #resize(by: number): void {
    this.#stage.brush = Math.min(0.6, Math.max(0.01, this.#stage.brush + by));
    this.#update();
  }

  #update(): void {
    const { bitmap, mask } = this.#loaded ?? {};
    this.#entrance.element.hidden = bitmap !== undefined;
    for (const part of [this.#stage.element, this.#toolbar.element]) part.hidden = bitmap === undefined;
    this.element.classList.toggle("busy", this.busy);
    this.#toolbar.update({
      picture: bitmap !== undefined,
      busy: this.busy,
      erasing: this.#stage.erasing,
      canUndo: mask?.canUndo ?? false,
      canRedo: mask?.canRedo ?? false,
      empty: mask?.empty ?? true,
      oblong: bitmap !== undefined && bitmap.width !== bitmap.height,
      size: this.#stage.brush,
    });
    this.host.onBusy(this.busy);
  }

  #dropping() {
    const over = (inside: boolean) => (event: Event) => {
      event.preventDefault();
      this.element.classList.toggle("over", inside);
    };
    return {
      ondragover: over(true),
      ondragleave: over(false),
      ondrop: (event: Event) => {
        over(false)(event);
        this.#entrance.take((event as DragEvent).dataTransfer);
      },
    };
  }

  async #download(): Promise<void> {
    const blob = await this.toBlob();
    if (!blob) return;
    const link = h("a", { href: URL.createObjectURL(blob), download: this.strings.file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  async #copy(): Promise<void> {
    try {
      // The promise goes in, not the blob: Safari asks that the write begin within the click.
      const blob = this.toBlob().then((made) => made ?? new Blob());
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      this.#status.say(this.strings.copied);
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** Does not wait any longer once told so; what was waited for goes on. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new CompleterError("cancelled", "")), { once: true });
    }),
  ]);
}
