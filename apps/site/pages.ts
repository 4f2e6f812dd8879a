/** The pages of the site, in the order of the navigation. */

export interface Page {
  readonly file: string;
  readonly name: string;
}

export const PAGES: readonly Page[] = [
  { file: "index.html", name: "Mend" },
  { file: "train.html", name: "Train" },
  { file: "explore.html", name: "Explore" },
  { file: "how.html", name: "How it works" },
  { file: "benchmarks.html", name: "Benchmarks" },
];

/** What the head of every page holds beside its title, description and script. */
export const HEAD = `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="./icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="./style.css" />`;

const MARK =
  '<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="14" /><path d="M18 2l-4 9 5 4-6 6 3 9M13 21l-9 3M19 15l10-4" /></svg>';

/** The top of a page, as HTML: whose it is, and the way to the others. Written at build time, so that it needs no script. */
export function navigation(current: string): string {
  const items = PAGES.map(({ file, name }) => {
    const here = file === current ? ' aria-current="page"' : "";
    return `<li><a href="./${file}"${here}>${name}</a></li>`;
  });
  return `<nav class="top" aria-label="Pages"><a class="brand" href="./index.html">${MARK} Kintsugi</a><ul>${items.join("")}</ul></nav>`;
}
