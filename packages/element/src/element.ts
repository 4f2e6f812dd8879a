/** `<image-completer>`: attributes, properties, methods and events around the completer. Registers nothing. */
import { Completer } from "./completer.js";
import type { CompleterHost } from "./host.js";
import type {
  Completion,
  Failure,
  Machine,
  ModelSource,
  ModelSummary,
  PaintedMask,
  Progress,
  SearchSettings,
} from "./messages.js";
import { leavePastes, takePastes } from "./pastes.js";
import type { PictureSource } from "./picture.js";
import { STRINGS, type Strings } from "./strings.js";
import { sheet } from "./view/styles.js";

export type ModelInput = string | Uint8Array | ArrayBuffer | Blob;

/** A server that renders pages may import this, and has no elements. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** What each event carries in `detail`. */
export interface CompleterEvents {
  "ic-picture": { readonly width: number; readonly height: number };
  "ic-ready": Machine;
  "ic-model": ModelSummary;
  "ic-mask": { readonly mask: PaintedMask };
  "ic-start": SearchSettings;
  "ic-progress": Progress;
  "ic-complete": Completion & { readonly chosen: number };
  "ic-choose": { readonly chosen: number };
  "ic-cancel": null;
  "ic-error": Failure & { readonly message: string };
}

/**
 * Completes pictures in the page: a person rubs out what is damaged, and a DCGAN fills it, on the visitor's GPU or, without
 * WebGPU, on the processor. Nothing is sent anywhere.
 *
 * @element image-completer
 * @attr {string} src - Address of the picture to begin with. Another host's must be readable for this page (CORS).
 * @attr {string} model - Address of the model, a .safetensors file.
 * @attr {string} integrity - What the model's bytes must be: `sha256-`, `sha384-` or `sha512-` and their hash in base64.
 * @attr {number} candidates - How many answers are searched at once, 1 to 16. Default 4.
 * @attr {number} iterations - Steps of the search at most. Default 50.
 * @attr {number} seed - Fixes where the search begins. Default 0.
 * @attr {boolean} busy - Set while the search runs.
 * @fires ic-picture - A picture is open: `{ width, height }`.
 * @fires ic-ready - What the work will be done on is open: `{ machine, gpu, backend, reason }`; `machine` is `gpu`, `software`
 *   (WebGPU without a graphics card) or `processor` (WebAssembly, for `reason`). Again where it changes.
 * @fires ic-model - The model is ready: `{ size, channels, machine, gpu, backend, reason, metadata, offline }`.
 * @fires ic-mask - The painted mask has changed: `{ mask: { side, cells } }`, 1 = to be filled.
 * @fires ic-start - A search is about to begin; `preventDefault()` stops it.
 * @fires ic-progress - `{ phase, … }`; in phase `search` with `iteration`, `iterations` and the present `candidates`.
 * @fires ic-complete - The search has ended: `{ candidates, iterations, chosen }`, best answer first.
 * @fires ic-choose - Another answer is shown: `{ chosen }`.
 * @fires ic-cancel - The search was cancelled.
 * @fires ic-error - `{ code, detail, message }`; the message stands in the element too.
 * @csspart frame - All of it.
 * @csspart entrance - What is seen before there is a picture.
 * @csspart stage - Where one paints.
 * @csspart canvas - The picture.
 * @csspart mask - The painted mask.
 * @csspart toolbar - The tools.
 * @csspart button - Each button but the main one.
 * @csspart complete - The button that starts and cancels.
 * @csspart slider - Each slider.
 * @csspart candidates - The answers to choose from.
 * @csspart credit - Whom the model's licence asks to name.
 * @csspart status - The line that says what goes on.
 * @csspart progress - The bar.
 * @cssprop --ic-accent - Colour of what is chosen, of the bar and of the main button.
 * @cssprop --ic-on-accent - Colour of text on it.
 * @cssprop --ic-mask - Colour of the painted mask.
 * @cssprop --ic-surface - Background.
 * @cssprop --ic-text - Text.
 * @cssprop --ic-border - Lines.
 * @cssprop --ic-radius - Roundness of the corners.
 * @cssprop --ic-max-height - The most that the picture takes of the height. Default 70vh.
 */
export class ImageCompleter extends Base {
  static readonly observedAttributes = ["src", "model", "integrity"];

  #completer: Completer | undefined;
  #strings: Partial<Strings> = {};
  #model: ModelInput | undefined;
  #picture: PictureSource | undefined;

  connectedCallback(): void {
    this.#takeEarly();
    this.#build();
    takePastes(this, (transfer) => this.#completer?.take(transfer) ?? false);
  }

  disconnectedCallback(): void {
    leavePastes(this);
    // An element that is only moved comes back at once, and keeps its worker and what that does.
    queueMicrotask(() => {
      if (!this.isConnected) this.#completer?.close();
    });
  }

  /** `moveBefore` neither takes it out nor puts it in. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === "src") this.#picture = after ?? undefined;
    if (name === "model") this.#model = after ?? undefined;
    if (name === "src") this.#open();
    else this.#completer?.forgetModel();
  }

  /** The picture's address. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(address: string | undefined) {
    this.#reflect("src", address);
  }

  /** The picture to complete: an address, a file, or pixels of the page. */
  get picture(): PictureSource | undefined {
    return this.#picture;
  }

  set picture(source: PictureSource | undefined) {
    this.#picture = source;
    this.#open();
  }

  /** The model: its address, or its bytes. */
  get model(): ModelInput | undefined {
    return this.#model;
  }

  set model(source: ModelInput | undefined) {
    if (typeof source === "string") {
      this.setAttribute("model", source);
      return;
    }
    this.removeAttribute("model");
    this.#model = source;
    this.#completer?.forgetModel();
  }

  get integrity(): string {
    return this.getAttribute("integrity") ?? "";
  }

  set integrity(hash: string | undefined) {
    this.#reflect("integrity", hash);
  }

  get candidates(): number {
    return this.#number("candidates", 4, 1, 16);
  }

  set candidates(count: number | undefined) {
    this.#reflect("candidates", count);
  }

  get iterations(): number {
    return this.#number("iterations", 50, 1, 100_000);
  }

  set iterations(count: number | undefined) {
    this.#reflect("iterations", count);
  }

  get seed(): number {
    return this.#number("seed", 0, 0, 2 ** 32 - 1);
  }

  set seed(seed: number | undefined) {
    this.#reflect("seed", seed);
  }

  get busy(): boolean {
    return this.#completer?.busy ?? false;
  }

  /** What is painted, 1 = to be filled. */
  get mask(): PaintedMask | undefined {
    const { side, cells } = this.#completer?.mask ?? {};
    return side && cells ? { side, cells: cells.slice() } : undefined;
  }

  /** Words to use instead of the English ones; a picture that is open is opened anew. */
  get strings(): Partial<Strings> {
    return this.#strings;
  }

  set strings(strings: Partial<Strings> | undefined) {
    this.#strings = strings ?? {};
    if (!this.#completer) return;
    this.#completer.close();
    this.#completer = undefined;
    this.#build();
  }

  /** Fills what is painted. Resolves with nothing where it was cancelled or failed. */
  async complete(): Promise<Completion | undefined> {
    return this.#completer?.complete();
  }

  cancel(): void {
    this.#completer?.cancel();
  }

  /** Asks the visitor for a picture, as the element's own button does. Must be called within a click. */
  choosePicture(): void {
    this.#completer?.choosePicture();
  }

  undo(): void {
    this.#completer?.undo();
  }

  redo(): void {
    this.#completer?.redo();
  }

  /** Unpaints everything. */
  clear(): void {
    this.#completer?.change((mask) => mask.clear());
  }

  /** Paints what is not painted, and the other way round. */
  invert(): void {
    this.#completer?.change((mask) => mask.invert());
  }

  /** Takes a mask from a picture: white or transparent = to be filled. */
  async loadMask(source: PictureSource): Promise<void> {
    await this.#completer?.loadMask(source);
  }

  /** The completed picture as PNG, of the size of the original. */
  async toBlob(): Promise<Blob | undefined> {
    return this.#completer?.toBlob();
  }

  override focus(options?: FocusOptions): void {
    this.shadowRoot?.querySelector<HTMLElement>(".stage:not([hidden]), .entrance button")?.focus(options);
  }

  /** Frameworks clear a property by setting it to nothing. */
  #reflect(name: string, value: string | number | undefined): void {
    if (value === undefined || value === null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  /** Properties that a page set before this class was there hide the class's own; they are set once more. */
  #takeEarly(): void {
    for (const name of Object.keys(this).filter((key) => key in ImageCompleter.prototype)) {
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  #build(): void {
    if (this.#completer) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    this.#completer = new Completer({ ...STRINGS, ...this.#strings }, this.#host());
    root.replaceChildren(this.#completer.element);
    if (this.#picture) this.#open();
  }

  #open(): void {
    void this.#completer?.open(this.#picture || undefined);
  }

  #modelSource(): ModelSource | undefined {
    const model = this.#model;
    if (!model) return undefined;
    // The worker's own address is another one, so the page's must be filled in here.
    const from = typeof model === "string" ? new URL(model, document.baseURI).href : model;
    const { integrity } = this;
    return {
      from: from instanceof ArrayBuffer ? new Uint8Array(from) : from,
      ...(integrity ? { integrity } : {}),
    };
  }

  #host(): CompleterHost {
    const element = this;
    return {
      get settings() {
        return { candidates: element.candidates, iterations: element.iterations, seed: element.seed };
      },
      get modelSource() {
        return element.#modelSource();
      },
      onPicture: (width, height) => void this.#emit("ic-picture", { width, height }),
      onReady: (machine) => void this.#emit("ic-ready", machine),
      onModel: (model) => void this.#emit("ic-model", model),
      onMask: () => void this.#emit("ic-mask", { mask: this.mask! }),
      onStart: () => this.#emit("ic-start", this.#host().settings, true),
      onProgress: (progress) => void this.#emit("ic-progress", progress),
      onComplete: (completion, chosen) => void this.#emit("ic-complete", { ...completion, chosen }),
      onChoose: (chosen) => void this.#emit("ic-choose", { chosen }),
      onCancel: () => void this.#emit("ic-cancel", null),
      onFailure: ({ code, detail }, message) => void this.#emit("ic-error", { code, detail, message }),
      onBusy: (busy) => void this.toggleAttribute("busy", busy),
      takeModel: (file) => {
        this.model = file;
      },
    };
  }

  #emit<K extends keyof CompleterEvents>(name: K, detail: CompleterEvents[K], cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  #number(name: string, otherwise: number, least: number, most: number): number {
    const text = this.getAttribute(name);
    const number = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(number) ? Math.min(most, Math.max(least, Math.round(number))) : otherwise;
  }
}

type CompleterEventMap = { [Name in keyof CompleterEvents]: CustomEvent<CompleterEvents[Name]> };

declare global {
  interface HTMLElementTagNameMap {
    "image-completer": ImageCompleter;
  }
  interface HTMLElementEventMap extends CompleterEventMap {}
}
