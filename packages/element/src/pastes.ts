/**
 * Whose a paste is, and what becomes of files dropped beside a completer. A paste belongs to the completer that has the focus;
 * where nothing has it, to the first that can be seen; and never to one while a person writes elsewhere.
 */
type Take = (transfer: DataTransfer | null) => boolean;

/** All completers of the document, in whatever shadow tree. */
const takers = new Map<Element, Take>();

export function takePastes(element: Element, take: Take): void {
  takers.set(element, take);
  // Listeners that are there already are not added twice.
  document.addEventListener("paste", onPaste);
  addEventListener("dragover", keepPage);
  addEventListener("drop", keepPage);
}

export function leavePastes(element: Element): void {
  takers.delete(element);
  if (takers.size > 0) return;
  document.removeEventListener("paste", onPaste);
  removeEventListener("dragover", keepPage);
  removeEventListener("drop", keepPage);
}

function onPaste(event: ClipboardEvent): void {
  if (event.defaultPrevented) return;
  const elements = [...takers.keys()];
  const focused = elements.find((element) => element.matches(":focus-within"));
  const active = document.activeElement;
  const free = active === null || active === document.body || active === document.documentElement;
  const owner = focused ?? (free ? elements.find(isSeen) : undefined);
  if (owner && takers.get(owner)?.(event.clipboardData)) event.preventDefault();
}

function isSeen(element: Element): boolean {
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
}

/** A file that misses the completer would replace the page, and what was painted with it. */
function keepPage(event: DragEvent): void {
  const [target] = event.composedPath();
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
  if (target instanceof HTMLInputElement && target.type === "file") return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
