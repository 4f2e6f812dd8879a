/** The ways in: what is seen before there is a picture, the file dialogs, drop and paste. */
import type { Strings } from "../strings.js";
import { h, ICONS, icon } from "./dom.js";

export interface EntranceEvents {
  onPicture(file: Blob): void;
  onMask(file: Blob): void;
  onModel(file: Blob): void;
}

export class Entrance {
  readonly element: HTMLDivElement;
  readonly choose: HTMLButtonElement;
  readonly #pictures: HTMLInputElement;
  readonly #masks: HTMLInputElement;
  /** The file dialogs' elements; they must be in the tree, and are never seen. */
  readonly dialogs: HTMLDivElement;

  constructor(
    strings: Strings,
    readonly events: EntranceEvents,
  ) {
    this.#pictures = dialog(strings.choose, events.onPicture);
    this.#masks = dialog(strings.loadMask, events.onMask);
    this.dialogs = h("div", { hidden: true }, this.#pictures, this.#masks);
    this.choose = h(
      "button",
      { type: "button", class: "primary", part: "button", onclick: () => this.openPicture() },
      icon(ICONS.picture),
      strings.choose,
    );
    this.element = h(
      "div",
      { class: "entrance", part: "entrance" },
      h("p", {}, strings.empty),
      this.choose,
      h("p", { class: "quiet" }, strings.privacy),
    );
  }

  openPicture(): void {
    this.#pictures.click();
  }

  openMask(): void {
    this.#masks.click();
  }

  /** Takes what is dropped on an element, which shows that it would. */
  takeDropsOn(element: HTMLElement): void {
    const over = (event: Event, inside: boolean) => {
      event.preventDefault();
      element.classList.toggle("over", inside);
    };
    element.addEventListener("dragover", (event) => over(event, true));
    element.addEventListener("dragleave", (event) => over(event, false));
    element.addEventListener("drop", (event) => {
      over(event, false);
      this.take(event.dataTransfer);
    });
  }

  /** Takes the first picture or model of a drop or a paste. Returns whether there was one. */
  take(transfer: DataTransfer | null): boolean {
    for (const file of transfer?.files ?? []) {
      if (file.name.endsWith(".safetensors")) this.events.onModel(file);
      else if (file.type.startsWith("image/")) this.events.onPicture(file);
      else continue;
      return true;
    }
    return false;
  }
}

function dialog(label: string, onFile: (file: Blob) => void): HTMLInputElement {
  return h("input", {
    type: "file",
    accept: "image/*",
    "aria-label": label,
    onchange: (event) => {
      const input = event.target as HTMLInputElement;
      const file = input.files?.[0];
      // Emptied, so that the same file can be chosen again.
      input.value = "";
      if (file) onFile(file);
    },
  });
}
