/** What one does with answers: compare, choose, take away. */
import type { Candidate } from "../messages.js";
import { fill, type Strings } from "../strings.js";
import { h, ICONS, icon } from "./dom.js";

export interface ResultsEvents {
  /** @param share of the picture that shows how it was */
  onCompare(share: number): void;
  onChoose(candidate: number): void;
  onDownload(): void;
  onCopy(): void;
}

export class Results {
  readonly element: HTMLDivElement;
  readonly #compare: HTMLInputElement;
  readonly #takeAway: HTMLDivElement;
  readonly #compareRow: HTMLLabelElement;
  readonly #list: HTMLFieldSetElement;
  readonly #choices: { readonly input: HTMLInputElement; readonly canvas: HTMLCanvasElement }[] = [];

  constructor(
    readonly strings: Strings,
    readonly events: ResultsEvents,
  ) {
    this.#compare = h("input", {
      type: "range",
      part: "slider",
      min: "0",
      max: "1000",
      oninput: () => events.onCompare(this.compared),
    });
    this.#compareRow = h("label", { class: "slider compare" }, h("span", {}, strings.compare), this.#compare);
    this.#list = h("fieldset", { part: "candidates" }, h("legend", {}, strings.candidates));
    const button = (name: string, path: string, onclick: () => void) =>
      h("button", { type: "button", part: "button", onclick }, icon(path), name);
    this.#takeAway = h(
      "div",
      { class: "group" },
      button(strings.download, ICONS.download, events.onDownload),
      button(strings.copy, ICONS.copy, events.onCopy),
    );
    this.element = h("div", { class: "results", hidden: true }, this.#list, this.#compareRow, this.#takeAway);
  }

  get compared(): number {
    return Number(this.#compare.value) / 1000;
  }

  set compared(share: number) {
    this.#compare.value = String(Math.round(share * 1000));
  }

  get chosen(): number {
    return Math.max(
      0,
      this.#choices.findIndex(({ input }) => input.checked),
    );
  }

  /** Draws small pictures of all answers, best first; one alone is no choice. */
  show(candidates: readonly Candidate[], size: number, done: boolean): void {
    if (this.#choices.length !== candidates.length) this.#rebuild(candidates.length, size);
    candidates.forEach(({ rgba }, i) => {
      const { input, canvas } = this.#choices[i]!;
      canvas.getContext("2d")?.putImageData(new ImageData(rgba, size, size), 0, 0);
      const text = done && i === 0 ? this.strings.best : this.strings.candidate;
      input.setAttribute("aria-label", fill(text, { number: i + 1, count: candidates.length }));
      if (done) input.checked = i === 0;
      canvas.classList.toggle("best", done && i === 0);
    });
    this.#list.hidden = candidates.length < 2;
    this.#takeAway.hidden = !done;
    this.#compareRow.hidden = !done;
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }

  #rebuild(count: number, size: number): void {
    for (const { input } of this.#choices) input.parentElement?.remove();
    this.#choices.length = 0;
    for (let i = 0; i < count; i++) {
      const input = h("input", { type: "radio", name: "candidate", onchange: () => this.events.onChoose(i) });
      input.checked = i === 0;
      const canvas = h("canvas", { width: String(size), height: String(size), "aria-hidden": "true" });
      this.#choices.push({ input, canvas });
      this.#list.append(h("label", { class: "candidate" }, input, canvas));
    }
  }
}
