/** One line that says what goes on, to eyes and to screen readers, and a bar. */
import { h } from "./dom.js";

export class Status {
  readonly #text = h("span", {});
  readonly #detail = h("small", {});
  readonly #bar = h("progress", { max: "1", hidden: true, part: "progress" });
  readonly #line = h("p", { role: "status", "aria-live": "polite" }, this.#text, " ", this.#detail);
  readonly element = h("div", { class: "status", part: "status" }, this.#bar, this.#line);

  /** @param detail particulars, in smaller print */
  say(text: string, { failed = false, detail = "" } = {}): void {
    // Unchanged text is left alone: screen readers read every change.
    if (this.#text.textContent !== text) this.#text.textContent = text;
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail;
    this.#line.classList.toggle("failed", failed);
  }

  get text(): string {
    return this.#text.textContent ?? "";
  }

  /** @param share 0…1; undefined while nobody knows how much is left */
  progress(label: string, share: number | undefined): void {
    this.#bar.hidden = false;
    this.#bar.setAttribute("aria-label", label);
    if (share === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
  }

  rest(): void {
    this.#bar.hidden = true;
  }
}
