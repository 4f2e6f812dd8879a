/** One line that says what goes on, to eyes and to screen readers, and a bar. */
import type { Progress } from "../messages.js";
import { fill, type Strings } from "../strings.js";
import { h } from "./dom.js";

export class Status {
  readonly #text = h("span", {});
  readonly #detail = h("small", {});
  readonly #bar = h("progress", { max: "1", hidden: true, part: "progress" });
  readonly #line = h("p", { role: "status", "aria-live": "polite" }, this.#text, " ", this.#detail);
  readonly element = h("div", { class: "status", part: "status" }, this.#bar, this.#line);

  constructor(readonly strings: Strings) {}

  /** @param detail particulars, in smaller print */
  say(text: string, { failed = false, detail = "" } = {}): void {
    // Unchanged text is left alone: screen readers read every change.
    if (this.#text.textContent !== text) this.#text.textContent = text;
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail;
    this.#line.classList.toggle("failed", failed);
  }

  show(progress: Progress): void {
    const [text, share] = this.#describe(progress);
    this.#bar.hidden = false;
    this.#bar.setAttribute("aria-label", text);
    if (share === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
    this.say(text);
  }

  /** In words, and as a share of 1 where anybody knows. Numbers come in leaps: a screen reader reads each of them. */
  #describe(progress: Progress): [text: string, share?: number | undefined] {
    const { strings } = this;
    switch (progress.phase) {
      case "device":
        return [strings.openingDevice];
      case "cpu":
        return [strings.openingCpu];
      case "model": {
        const share = progress.total ? Math.min(1, progress.loaded / progress.total) : undefined;
        const percent = share === undefined ? "" : `${Math.floor(share * 4) * 25} %`;
        return [fill(strings.loadingModel, { percent }), share];
      }
      case "ready":
      case "compile":
        return [strings.compiling];
      case "reopened":
        return [strings.reopened];
      case "search": {
        const share = progress.iteration / progress.iterations;
        return [fill(strings.searching, { percent: Math.floor(share * 4) * 25 }), share];
      }
    }
  }

  rest(): void {
    this.#bar.hidden = true;
  }
}
