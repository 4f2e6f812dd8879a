/** What the training page shows: which controls in which phase, sentences for failures, files to take away. */
import type { StepRecord } from "@kintsugi/dcgan";
import type { FailureKind, SampleSheet } from "./messages.js";

/** `choosing`: pictures and settings; `paused` and `finished`: there is a run. */
export type Phase = "choosing" | "training" | "paused" | "finished";

const FAILURES: Readonly<Record<FailureKind, string>> = {
  "no-webgpu":
    "Training needs WebGPU or WebAssembly, and this browser offers neither here. Take a recent Chrome, Edge, Firefox or Safari.",
  elsewhere: "Another tab trains the run that is kept here. Pause it there, or close that tab, then go on here.",
  "gpu-lost": "The graphics card went away. Press Continue to go on from the last step that was kept.",
  "out-of-memory": "The graphics card has no memory for this. Take a smaller batch or width, or fewer pictures.",
  diverged: "The losses ran away. Begin anew with a smaller learning rate.",
  internal: "Something went wrong.",
};

/** @param step the step that the run can go on from */
export function failureText(kind: FailureKind, step: number): string {
  const early = "The graphics card went away before a step was kept. Press Train to begin again.";
  return kind === "gpu-lost" && step === 0 ? early : FAILURES[kind];
}

/** The page's element of that id, which the page has. */
export function find<T extends Element = HTMLElement>(id: string): T {
  return document.getElementById(id) as unknown as T;
}

export function showPhase(phase: Phase, { pictures, saved }: { readonly pictures: boolean; readonly saved: boolean }) {
  const training = phase === "training";
  const begin = find<HTMLButtonElement>("begin");
  begin.disabled = training || !pictures;
  begin.textContent = saved && !training ? "Begin anew" : "Train";
  begin.className = phase === "paused" ? "pill" : "main";
  find("continue").hidden = phase !== "paused";
  find("pause").hidden = !training;
  begin.hidden = training;
  find("take-away").hidden = !saved || training;
  find("watch").hidden = phase === "choosing";
  find("reading-section").hidden = phase === "choosing";
  for (const id of ["toy", "some", "own"]) find<HTMLButtonElement>(id).disabled = training;
  find<HTMLFieldSetElement>("settings").disabled = training;
}

export function paintSheet(canvas: HTMLCanvasElement, { side, rgba, step }: SampleSheet): void {
  Object.assign(canvas, { width: side, height: side });
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, side, side), 0, 0);
  canvas.setAttribute("aria-label", `What the generator paints after step ${step}`);
}

/** The losses as the columns that `kintsugi train` writes too. */
export function csvOf(records: readonly StepRecord[]): string {
  const rows = records.map(({ step, dLossReal, dLossFake, gLoss, dReal, dFake, lr }) =>
    [step, dLossReal + dLossFake, dLossReal, dLossFake, gLoss.at(-1), dReal, dFake, lr].join(),
  );
  return `${["step,d_loss,d_loss_real,d_loss_fake,g_loss,d_real,d_fake,lr", ...rows].join("\n")}\n`;
}

export function saveAs(name: string, content: Uint8Array<ArrayBuffer> | string): void {
  const url = URL.createObjectURL(new Blob([content]));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
