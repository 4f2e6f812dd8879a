/** Every word of the interface. A page replaces any of them; `{…}` is filled in. */
import type { FailureCode } from "./messages.js";

export const STRINGS = {
  label: "Image completer",
  empty: "Drop a picture here, or paste one",
  choose: "Choose a picture",
  privacy: "It stays on this device.",
  stage: "Picture to paint on",
  keys:
    "Arrow keys move the brush, Space paints while you hold it, square brackets change its size, E switches to the " +
    "eraser, Control Z undoes, plus and minus zoom, Shift and an arrow move the view, Enter completes.",
  tools: "Tools",
  brush: "Brush",
  eraser: "Eraser",
  size: "Brush size",
  undo: "Undo",
  redo: "Redo",
  clear: "Clear the mask",
  invert: "Invert the mask",
  loadMask: "Load a mask: white or transparent is filled",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit",
  position: "Part of the picture",
  complete: "Complete",
  cancel: "Cancel",
  compare: "Before and after",
  candidates: "Answers",
  candidate: "Answer {number} of {count}",
  best: "Answer {number} of {count}, the best match",
  download: "Download",
  copy: "Copy",
  open: "Another picture",
  file: "completed.png",

  paint: "Paint over what should be filled, then press Complete.",
  square: "The marked square is completed at {size}×{size} pixels; all else stays as it is.",
  noModel: "No model is set: give the element a model attribute.",
  openingPicture: "Opening the picture…",
  openingDevice: "Looking for a graphics card…",
  openingCpu: "No graphics card can be used here. Preparing the processor instead…",
  onGpu: "It runs on your graphics card.",
  onSoftware: "No graphics card can be used here: the processor does its work (software WebGPU), and takes longer.",
  onCpu: "No graphics card can be used here: the processor does the work, and takes longer.",
  loadingModel: "Loading the model… {percent}",
  compiling: "Preparing the search…",
  searching: "Searching… {percent} %",
  done: "Done in {seconds} s. Compare, choose, or paint on.",
  cancelled: "Cancelled.",
  saved: "Saved.",
  copied: "Copied.",
  offline: "The model comes from your last visit: the network did not answer.",
  reopened: "The graphics card was reset; the search starts anew.",
  useless: "There is no picture and no model in this. Drop a PNG, JPEG or WebP file, or a model.",
  many: "One picture at a time: the first one was taken.",
  nothingPainted: "Nothing is painted yet: paint over what should be filled.",

  "no-webgpu":
    "Neither WebGPU nor WebAssembly can be used here, and completing needs one of them. Use a current Chrome, Edge, " +
    "Firefox or Safari, and switch hardware acceleration on in its settings.",
  worker: "A part of this page could not be started, and without it nothing can be completed.",
  "model-fetch": "The model could not be loaded. Check its address, and that its host lets other pages read it.",
  "model-integrity": "The model is not the one this page expects, and was not used.",
  "model-format": "This file is no model that can be used.",
  "picture-cors":
    "This picture could not be read: its host lets no other page read it, or does not answer. Save it, and drop the file here.",
  "picture-fetch": "There is no picture at this address.",
  "picture-size": "This picture is too large for this browser. Make it smaller, and open it again.",
  "picture-format": "This is no picture that your browser can read. Use PNG, JPEG or WebP.",
  "mask-shape": "The mask has other proportions than the picture. Load one of the same shape.",
  "copy-refused": "The browser did not let the picture be copied. Download it instead.",
  internal: "Something went wrong.",
} as const satisfies Record<string, string>;

export type Strings = Readonly<Record<keyof typeof STRINGS, string>>;

export function failureText(strings: Strings, code: FailureCode): string {
  return code === "cancelled" ? strings.cancelled : strings[code];
}

/** Fills in `{name}`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
