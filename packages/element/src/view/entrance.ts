/** The ways in: what is seen before there is a picture, the file dialogs, drop and paste. */
import type { Strings } from "../strings.js";
import { h, ICONS, icon } from "./dom.js";

export interface EntranceEvents {
  onPicture(picture: Blob | string): void;
  onMask(file: Blob): void;
  onModel(file: Blob): void;
  /** What was dropped or pasted holds nothing of use, or more than can be used. */
  onOdd(how: "useless" | "many"): void;
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
      if (!this.take(event.dataTransfer)) this.events.onOdd("useless");
    });
  }

  /**
   * Takes a picture and a model out of a drop or a paste: files by what is in them, or the address of a picture. Whether a file
   * is a picture is found out by opening it. Returns whether there was anything to try.
   */
  take(transfer: DataTransfer | null): boolean {
    const files = [...(transfer?.files ?? [])];
    // The first line that is no comment.
    const address = transfer?.getData("text/uri-list").match(/^[^#\s]\S*/m)?.[0];
    if (files.length > 0) void this.#sort(files);
    else if (address) this.events.onPicture(address);
    else return false;
    return true;
  }

  async #sort(files: readonly File[]): Promise<void> {
    const models = await Promise.all(files.map(isModel));
    const [model] = files.filter((_, i) => models[i]);
    const [picture] = files.filter((_, i) => !models[i]);
    if (model) this.events.onModel(model);
    if (picture) this.events.onPicture(picture);
    if (files.length > (model ? 1 : 0) + (picture ? 1 : 0)) this.events.onOdd("many");
  }
}

/** By name, or by content: safetensors begin with the length of their header, 8 bytes, and its opening brace. */
async function isModel(file: File): Promise<boolean> {
  if (/\.safetensors$/i.test(file.name)) return true;
  const start = await file.slice(0, 9).arrayBuffer();
  return new Uint8Array(start)[8] === 0x7b;
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
