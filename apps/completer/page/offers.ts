/** What the pages offer to play with: models, with their pictures and what must be said of them. */
import { models } from "@kintsugi/models";

export interface Offer {
  readonly name: string;
  /** What is fetched, for people. */
  readonly size: string;
  readonly url: string;
  /** Answers searched at once, and steps of the search: what a slow graphics card, or none, has patience for. */
  readonly candidates: number;
  readonly iterations: number;
  /** Pictures to damage, by their alternative text. */
  readonly examples: readonly { readonly src: string; readonly alt: string }[];
  /** Where the examples come from. */
  readonly origin: string;
}

const EXAMPLES = 8;

const examples = (file: string, alt: string) =>
  Array.from({ length: EXAMPLES }, (_, i) => ({ src: `./examples/${file}-${i + 1}.png`, alt: `${alt} ${i + 1}` }));

/** The small one, which the pages that explain begin with. */
export const DRAWN: Offer = {
  name: "Drawn faces",
  size: "0.7 MB",
  url: models["toy-64"].url.href,
  candidates: 4,
  iterations: 50,
  examples: examples("toy", "Face"),
  origin: "Drawn faces that the model has not seen.",
};

export const PORTRAITS: Offer = {
  name: "Portraits",
  size: "5.2 MB",
  url: models["faces-64"].url.href,
  candidates: 3,
  iterations: 40,
  examples: examples("portrait", "Portrait"),
  origin:
    "These portraits show nobody: the model drew them itself, so it mends them more easily than a picture of yours. " +
    `${models["faces-64"].credit}.`,
};

/** The better pictures first. */
export const OFFERS: readonly Offer[] = [PORTRAITS, DRAWN];

/** Buttons to choose one of some things by; the first is chosen. */
export function choices<T>(
  among: readonly T[],
  face: (one: T) => Node | string,
  choose: (one: T) => void,
): HTMLElement[] {
  const buttons = among.map((one, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(at === 0));
    const shown = face(one);
    if (typeof shown === "string") button.className = "pill";
    button.append(shown);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(one);
    });
    return button;
  });
  return buttons;
}
