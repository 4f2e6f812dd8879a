/** "Train your own": connects the page's controls with pictures and with the worker that trains. */
import type { Machine } from "@kintsugi/backend/web";
import type { StepRecord } from "@kintsugi/dcgan";
import { TOY_CREDIT } from "@kintsugi/images/drawing";
import type { TrainingImages } from "../src/batches.js";
import { drawCurves } from "./curves.js";
import type { KeptRun, Report, Request } from "./messages.js";
import { drawToyFaces, type OnProgress, pixelsOf, readPictures } from "./pictures.js";
import { type Choices, type Plan, planOf } from "./plan.js";
import { csvOf, failureText, find, type Phase, paintSheet, saveAs, showPhase } from "./view.js";

const TOY_FACES = 1000;
/** Pictures shown of a data set. */
const SHOWN = 12;
/** A set this small is learnt by heart at best. */
const LEAST = 8;

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const ask = (request: Request) => worker.postMessage(request);

let phase: Phase = "choosing";
let source: readonly File[] | "toy" = "toy";
/** Changes with every reading of pictures: one that was overtaken stops. */
let reading = 0;
let images: TrainingImages | undefined;
let plan: Plan | undefined;
let records: StepRecord[] = [];
let began = { time: 0, step: 0 };
let wanted: "download" | "complete" | undefined;

const status = (text: string) => {
  find("status").textContent = text;
};

function setPhase(next: Phase): void {
  phase = next;
  showPhase(phase, { pictures: images !== undefined, saved: plan !== undefined && phase !== "choosing" });
}

function choices(): Choices {
  const value = (id: string) => Number(find<HTMLInputElement>(id).value);
  return {
    size: value("size"),
    width: value("width"),
    batch: value("batch"),
    nz: value("nz"),
    lr: value("lr"),
    steps: value("steps"),
    seed: value("seed"),
  };
}

/** Reads the chosen pictures at the chosen size. */
async function load(): Promise<void> {
  const mine = ++reading;
  images = undefined;
  setPhase("choosing");
  const { size } = choices();
  const onProgress: OnProgress = (done, total) => {
    if (mine !== reading) throw new DOMException("overtaken", "AbortError");
    find("pictures-status").textContent = `${source === "toy" ? "Drawing" : "Reading"} ${done} of ${total}`;
  };
  try {
    const found =
      source === "toy"
        ? { images: await drawToyFaces(size, TOY_FACES, { onProgress }), skipped: [] }
        : await readPictures(source, size, onProgress);
    if (mine !== reading) return;
    const { count } = found.images;
    const skipped = found.skipped.length > 0 ? `; skipped ${found.skipped.length} that are no pictures` : "";
    if (count < LEAST) {
      find("pictures-status").textContent = `${count} pictures are too few: give at least ${LEAST}${skipped}.`;
      return;
    }
    find("pictures-status").textContent = `${count} pictures of ${size}×${size}${skipped}.`;
    images = found.images;
    preview(images);
    setPhase("choosing");
  } catch (error) {
    if (mine === reading) throw error;
  }
}

function preview(from: TrainingImages): void {
  const canvases = Array.from({ length: Math.min(SHOWN, from.count) }, (_, i) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: from.size, height: from.size });
    canvas.getContext("2d")?.putImageData(pixelsOf(from, i), 0, 0);
    return canvas;
  });
  find("preview").replaceChildren(...canvases);
}

function take(files: readonly File[]): void {
  if (phase === "training") {
    status("Pause first, then choose other pictures.");
    return;
  }
  if (files.length === 0) {
    find("pictures-status").textContent = "There are no files in this: choose pictures, or drop them or their folder.";
    return;
  }
  source = files;
  choose("own");
  void load();
}

function choose(name: "toy" | "own"): void {
  find("toy").setAttribute("aria-pressed", String(name === "toy"));
  find("own").setAttribute("aria-pressed", String(name === "own"));
}

/** The first field whose value is none, marked and named; undefined where all are right. */
function wrongField(): string | undefined {
  const fields = [...find("settings").querySelectorAll("input")];
  const wrong = fields.find((field) => !field.checkValidity());
  if (!wrong) return undefined;
  wrong.focus();
  return `${wrong.labels?.[0]?.firstChild?.textContent?.trim()}: ${wrong.validationMessage}`;
}

function begin(): void {
  if (!images) return;
  const wrong = wrongField();
  if (wrong) {
    status(wrong);
    return;
  }
  const step = plan ? (records.at(-1)?.step ?? 0) : 0;
  if (step > 0 && !confirm(`Begin anew? The run that is kept here, ${step} steps, is then forgotten.`)) return;
  plan = planOf(choices(), images.count, source === "toy" ? TOY_CREDIT : "");
  records = [];
  run({ type: "begin", plan, images });
}

function run(request: Request): void {
  began = { time: 0, step: records.at(-1)?.step ?? 0 };
  find("completer-section").hidden = true;
  status("Building the networks …");
  setPhase("training");
  ask(request);
}

function showRecords(): void {
  const steps = records.map(({ step }) => step);
  const values = (of: (record: StepRecord) => number) => records.map(of);
  const losses = [
    { name: "loss of D", style: "d", values: values(({ dLossReal, dLossFake }) => dLossReal + dLossFake) },
    { name: "loss of G", style: "g", values: values(({ gLoss }) => gLoss.at(-1) ?? Number.NaN) },
  ];
  const beliefs = [
    { name: "D(x)", style: "d", values: values(({ dReal }) => dReal) },
    { name: "D(G(z))", style: "g", values: values(({ dFake }) => dFake) },
  ];
  drawCurves(find("losses"), steps, losses, 2);
  drawCurves(find("beliefs"), steps, beliefs, 1);
}

function showProgress(): void {
  if (!plan) return;
  const { step } = records.at(-1) ?? { step: 0 };
  const { steps, batch } = plan.options;
  Object.assign(find<HTMLProgressElement>("progress"), { max: steps, value: step });
  const seconds = (performance.now() - began.time) / 1000;
  const rate = (step - began.step) / seconds;
  const left = Math.ceil((steps - step) / rate);
  const time = left > 90 ? `${Math.round(left / 60)} minutes` : `${left} seconds`;
  const pace =
    rate > 0 && Number.isFinite(rate) ? `, ${(rate * batch).toFixed(0)} images a second, about ${time} left` : "";
  status(`Step ${step} of ${steps}${pace}`);
}

/** A run of an earlier visit, as it was left. */
function resume(run: KeptRun): void {
  ({ plan, images } = run);
  records = [...run.records];
  source = run.plan.credit ? "toy" : [];
  choose(source === "toy" ? "toy" : "own");
  const { config, options } = run.plan;
  const fields = { size: config.size, width: config.ngf, nz: config.nz, batch: options.batch, lr: options.lr };
  for (const [id, value] of Object.entries({ ...fields, steps: options.steps, seed: options.seed })) {
    find<HTMLInputElement>(id).value = String(value);
  }
  preview(images);
  find("pictures-status").textContent =
    `${images.count} pictures of ${images.size}×${images.size}, kept from your last visit.`;
  if (run.samples) paintSheet(find("samples"), run.samples);
  showRecords();
  Object.assign(find<HTMLProgressElement>("progress"), { max: options.steps, value: run.step });
  const done = run.step >= options.steps;
  status(
    done
      ? `Finished: ${run.step} steps, kept here.`
      : `Kept from your last visit: step ${run.step} of ${options.steps}.`,
  );
  setPhase(done ? "finished" : "paused");
}

worker.onmessage = ({ data: report }: MessageEvent<Report>) => {
  if (report.type === "found") {
    if (report.run) resume(report.run);
    else void load();
  } else if (report.type === "started") {
    began = { time: performance.now(), step: records.at(-1)?.step ?? 0 };
    find("backend").textContent = MACHINES[report.machine](report.backend);
  } else if (report.type === "records") {
    records.push(...report.records);
    showRecords();
    showProgress();
  } else if (report.type === "samples") paintSheet(find("samples"), report.samples);
  else if (report.type === "saved") {
    find("kept").textContent = report.kept
      ? `Kept at step ${report.step}.`
      : "This browser keeps nothing: a reload forgets.";
  } else if (report.type === "stopped") {
    const done = report.step >= (plan?.options.steps ?? 0);
    status(done ? `Finished: ${report.step} steps.` : `Paused at step ${report.step}.`);
    setPhase(done ? "finished" : "paused");
  } else if (report.type === "failed") {
    records = records.filter(({ step }) => step <= report.step);
    status(`${failureText(report.kind, report.step)} (${report.detail})`);
    if (report.step === 0) plan = undefined;
    setPhase(report.step > 0 ? "paused" : "choosing");
  } else void useModel(report.bytes, report.step);
};

async function useModel(bytes: Uint8Array<ArrayBuffer>, step: number): Promise<void> {
  if (wanted === "download") return saveAs("model.safetensors", bytes);
  if (!images) return;
  await import("@kintsugi/element/define");
  const section = find("completer-section");
  section.hidden = false;
  find("completer-step").textContent = `The model of step ${step}.`;
  const completer = find<HTMLElementTagNameMap["image-completer"]>("completer");
  completer.model = bytes;
  // A toy face that it has not seen; of a person's own pictures, the first.
  const face = source === "toy" ? await drawToyFaces(images.size, 1, { first: TOY_FACES + step }) : images;
  completer.picture = pixelsOf(face, 0);
  section.scrollIntoView({ behavior: "instant", block: "start" });
}

/** What it trains on, in words. */
const MACHINES: Readonly<Record<Machine, (name: string) => string>> = {
  gpu: (name) => `On your graphics card (${name}).`,
  software: (name) =>
    `On the processor, through software WebGPU (${name}), which is many times slower than a graphics card.`,
  processor: (name) => `On the processor (${name}), which is many times slower than a graphics card.`,
};

const press = (id: string, act: () => void) => find(id).addEventListener("click", act);
press("toy", () => {
  source = "toy";
  choose("toy");
  void load();
});
for (const [button, id] of [
  ["own", "folder"],
  ["some", "files"],
] as const) {
  const picker = find<HTMLInputElement>(id);
  press(button, () => picker.click());
  picker.addEventListener("change", () => {
    take([...(picker.files ?? [])]);
    // Emptied, so that the same can be chosen again.
    picker.value = "";
  });
}
find("size").addEventListener("change", () => {
  if (source === "toy" || source.length > 0) void load();
});
press("begin", begin);
press("continue", () => run({ type: "continue" }));
press("pause", () => {
  status("Pausing …");
  ask({ type: "pause" });
});
for (const what of ["download", "complete"] as const) {
  press(what, () => {
    wanted = what;
    ask({ type: "model" });
  });
}
press("csv", () => saveAs("metrics.csv", csvOf(records)));

const drop = find("drop");
drop.addEventListener("dragover", () => drop.classList.add("over"));
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  void filesOf(event.dataTransfer).then(take);
});
// Files dropped beside it would replace the page, and what it trains.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());

/** Files dropped, and all that lie in folders dropped. */
async function filesOf(transfer: DataTransfer | null): Promise<File[]> {
  const entries = [...(transfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const walk = async (entry: FileSystemEntry): Promise<File[]> => {
    if (entry.isFile) return [await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail))];
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const all: File[] = [];
    // A reader gives a hundred at a time, and none at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
      if (some.length === 0) return all;
      all.push(...(await Promise.all(some.map(walk))).flat());
    }
  };
  return (await Promise.all(entries.map(walk))).flat();
}

addEventListener("resize", () => records.length > 0 && showRecords());

setPhase("choosing");
ask({ type: "find" });
