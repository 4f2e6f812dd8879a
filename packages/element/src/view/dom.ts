/** Elements without markup: a page that refuses inline script, style and markup strings refuses nothing of this. */

type Listener = (event: Event) => void;
type Attributes = Readonly<Record<string, string | boolean | Listener>>;

/** `onclick` and the like are listeners; true is an empty attribute, false none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
}

/** A line drawing of 24×24. It says nothing to screen readers: its button does. */
export function icon(path: string): SVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  set(svg, { viewBox: "0 0 24 24", "aria-hidden": "true" });
  const line = document.createElementNS(namespace, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Icons, drawn for this element. */
export const ICONS = {
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  brush: "M20 4c-5 2-9 6-11 9l2 2c3-2 7-6 9-11zM9 13c-2 0-3 1-3.5 3.5S4 19 3 19.5c3 1 8 .5 8-4.5",
  eraser: "M14 5l6 6-8 8H8l-4-4zM9 10l6 6M12 19h8",
  undo: "M9 7L4 12l5 5M4 12h10a5 5 0 0 1 5 5v1",
  redo: "M15 7l5 5-5 5M20 12H10a5 5 0 0 0-5 5v1",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  invert: "M12 4a8 8 0 0 1 0 16zM12 4a8 8 0 0 0 0 16M12 8h4.5M12 12h8M12 16h4.5",
  loadMask: "M4 4h16v16H4zM12 16V8M8.5 11.5L12 8l3.5 3.5",
  zoomIn: "M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15.5 15.5L20 20M11 8.5v5M8.5 11h5",
  zoomOut: "M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15.5 15.5L20 20M8.5 11h5",
  fit: "M4 6h16v12H4zM8 15V9M16 15V9M12 10.5h.01M12 13.5h.01",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 20h14",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
} as const;
