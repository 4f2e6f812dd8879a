/** The tools: buttons with icons and names, the brush's size, and the one button that matters. */
import type { Strings } from "../strings.js";
import { h, ICONS, icon } from "./dom.js";

export interface ToolbarEvents {
  onTool(tool: Tool): void;
  /** @param size 0…1 of the region */
  onSize(size: number): void;
  /** @param position 0…1 along the longer side */
  onPosition(position: number): void;
  onComplete(): void;
}

export type Tool = keyof Omit<typeof ICONS, "picture" | "download" | "copy"> | "open";

/** What decides which tools can be used. */
export interface ToolState {
  readonly picture: boolean;
  readonly busy: boolean;
  readonly opening: boolean;
  readonly erasing: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly empty: boolean;
  readonly oblong: boolean;
  readonly size: number;
}

const GROUPS: readonly (readonly Tool[])[] = [
  ["brush", "eraser"],
  ["undo", "redo", "clear", "invert", "loadMask"],
  ["zoomOut", "fit", "zoomIn"],
  ["open"],
];

export class Toolbar {
  readonly element: HTMLDivElement;
  readonly complete: HTMLButtonElement;
  readonly #buttons = new Map<Tool, HTMLButtonElement>();
  readonly #size: HTMLInputElement;
  readonly #position: HTMLInputElement;
  readonly #positionRow: HTMLLabelElement;

  constructor(
    readonly strings: Strings,
    events: ToolbarEvents,
  ) {
    const groups = GROUPS.map((tools) =>
      h("div", { class: "group" }, ...tools.map((tool) => this.#button(tool, strings, events))),
    );
    const slider = (max: string, onInput: (value: number) => void) =>
      h("input", {
        type: "range",
        part: "slider",
        min: "0",
        max,
        oninput: (event) => onInput(Number((event.target as HTMLInputElement).value) / 100),
      });
    this.#size = slider("60", events.onSize);
    this.#size.min = "1";
    this.#position = slider("100", events.onPosition);
    this.#position.value = "50";
    this.#positionRow = h("label", { class: "slider" }, h("span", {}, strings.position), this.#position);
    this.complete = h("button", { type: "button", class: "primary", part: "complete", onclick: events.onComplete });
    groups[0]!.append(h("label", { class: "slider" }, h("span", {}, strings.size), this.#size));
    this.element = h(
      "div",
      { class: "toolbar", part: "toolbar", role: "group", "aria-label": strings.tools },
      ...groups,
      this.#positionRow,
      this.complete,
    );
  }

  #button(tool: Tool, strings: Strings, events: ToolbarEvents): HTMLButtonElement {
    const name = strings[tool];
    const button = h(
      "button",
      {
        type: "button",
        class: "tool",
        part: "button",
        title: name,
        "aria-label": name,
        onclick: () => events.onTool(tool),
      },
      icon(ICONS[tool === "open" ? "picture" : tool]),
    );
    this.#buttons.set(tool, button);
    return button;
  }

  /** The square has moved, or a new picture has its own. */
  set position(position: number) {
    this.#position.value = String(position * 100);
  }

  update(state: ToolState): void {
    const { picture, busy } = state;
    const usable: Readonly<Partial<Record<Tool, boolean>>> = {
      open: !busy,
      undo: !busy && state.canUndo,
      redo: !busy && state.canRedo,
      clear: !busy && !state.empty,
      invert: picture && !busy,
      loadMask: picture && !busy,
    };
    for (const [tool, button] of this.#buttons) {
      button.disabled = !(usable[tool] ?? picture);
      if (tool === "brush") button.setAttribute("aria-pressed", String(!state.erasing));
      if (tool === "eraser") button.setAttribute("aria-pressed", String(state.erasing));
    }
    this.#size.disabled = !picture;
    this.#size.value = String(Math.round(state.size * 100));
    this.#positionRow.hidden = !state.oblong;
    this.#position.disabled = busy;
    this.complete.textContent = busy ? this.strings.cancel : this.strings.complete;
    this.complete.disabled = !picture || state.opening;
    this.complete.classList.toggle("stop", busy);
  }
}
