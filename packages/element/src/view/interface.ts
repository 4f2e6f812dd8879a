/** The parts of the interface put together: which button and which key does what. Decides nothing about pictures. */
import type { Mask } from "../mask.js";
import type { Strings } from "../strings.js";
import { h } from "./dom.js";
import { Entrance } from "./entrance.js";
import { Results } from "./results.js";
import { Stage } from "./stage.js";
import { Status } from "./status.js";
import { type Tool, Toolbar } from "./toolbar.js";

/** What a person can ask for. */
export interface Actions {
  openPicture(picture: Blob | string): void;
  openMask(file: Blob): void;
  openModel(file: Blob): void;
  /** Returns whether one may paint now. */
  paint(): boolean;
  painted(): void;
  change(how: (mask: Mask) => void): void;
  undo(): void;
  redo(): void;
  place(position: number): void;
  complete(): void;
  cancel(): void;
  choose(candidate: number): void;
  download(): void;
  copy(): void;
}

/** What decides how the interface looks. */
export interface Situation {
  readonly busy: boolean;
  /** Another picture is on its way. */
  readonly opening: boolean;
  readonly mask: Mask | undefined;
  readonly oblong: boolean;
}

export class Interface {
  readonly stage: Stage;
  readonly toolbar: Toolbar;
  readonly results: Results;
  readonly status: Status;
  readonly entrance: Entrance;
  readonly element: HTMLDivElement;
  readonly #credit = h("p", { class: "credit", part: "credit", hidden: true });
  #situation: Situation = { busy: false, opening: false, mask: undefined, oblong: false };

  constructor(
    strings: Strings,
    readonly actions: Actions,
  ) {
    this.stage = new Stage(strings.stage, {
      onBegin: () => actions.paint(),
      onChange: () => actions.painted(),
      onKey: (event) => this.#key(event),
    });
    this.toolbar = new Toolbar(strings, {
      onTool: (tool) => this.#use(tool),
      onSize: (size) => {
        this.stage.brush = size;
      },
      onPosition: (position) => actions.place(position),
      onComplete: () => (this.#situation.busy ? actions.cancel() : actions.complete()),
    });
    this.results = new Results(strings, {
      onCompare: (share) => this.compare(share),
      onChoose: (candidate) => actions.choose(candidate),
      onDownload: () => actions.download(),
      onCopy: () => actions.copy(),
    });
    this.status = new Status(strings);
    this.entrance = new Entrance(strings, {
      onPicture: (file) => actions.openPicture(file),
      onMask: (file) => actions.openMask(file),
      onModel: (file) => actions.openModel(file),
      onOdd: (how) => this.status.say(strings[how], { failed: how === "useless" }),
    });
    this.element = h(
      "div",
      { class: "frame", part: "frame", role: "group", "aria-label": strings.label },
      this.entrance.element,
      this.stage.element,
      this.toolbar.element,
      this.status.element,
      this.results.element,
      this.#credit,
      this.entrance.dialogs,
      h("p", { id: "keys", hidden: true }, strings.keys),
    );
    this.entrance.takeDropsOn(this.element);
    this.update(this.#situation);
  }

  /** Shows the picture as it was in that share of its width, from where one begins to read. */
  compare(share: number): void {
    this.results.compared = share;
    this.stage.layers.compare(share, getComputedStyle(this.element).direction === "rtl");
  }

  /** What the model's licence asks to be said; nothing where there is none. */
  credit(text: string): void {
    this.#credit.textContent = text;
    this.#credit.hidden = text === "";
  }

  update(situation: Situation): void {
    this.#situation = situation;
    const { busy, opening, mask, oblong } = situation;
    this.entrance.element.hidden = mask !== undefined;
    for (const part of [this.stage.element, this.toolbar.element]) part.hidden = mask === undefined;
    this.element.classList.toggle("busy", busy);
    this.toolbar.update({
      picture: mask !== undefined,
      busy,
      opening,
      erasing: this.stage.erasing,
      canUndo: mask?.canUndo ?? false,
      canRedo: mask?.canRedo ?? false,
      empty: mask?.empty ?? true,
      oblong,
      size: this.stage.brush,
    });
  }

  #use(tool: Tool): void {
    const { actions, stage } = this;
    const tools: Record<Tool, () => void> = {
      brush: () => this.#erase(false),
      eraser: () => this.#erase(true),
      undo: () => actions.undo(),
      redo: () => actions.redo(),
      clear: () => actions.change((mask) => mask.clear()),
      invert: () => actions.change((mask) => mask.invert()),
      loadMask: () => this.entrance.openMask(),
      zoomIn: () => stage.zoom(1.25),
      zoomOut: () => stage.zoom(0.8),
      fit: () => stage.fit(),
      open: () => this.entrance.openPicture(),
    };
    tools[tool]();
  }

  #key(event: KeyboardEvent): void {
    const { actions } = this;
    const does: Readonly<Record<string, (() => void) | undefined>> =
      event.ctrlKey || event.metaKey
        ? { z: () => (event.shiftKey ? actions.redo() : actions.undo()), y: () => actions.redo() }
        : {
            "[": () => this.#resize(-0.02),
            "]": () => this.#resize(0.02),
            e: () => this.#erase(!this.stage.erasing),
            enter: () => actions.complete(),
            escape: () => actions.cancel(),
          };
    const action = does[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #erase(erasing: boolean): void {
    this.stage.erasing = erasing;
    this.update(this.#situation);
  }

  #resize(by: number): void {
    this.stage.brush = Math.min(0.6, Math.max(0.01, this.stage.brush + by));
    this.update(this.#situation);
  }
}
