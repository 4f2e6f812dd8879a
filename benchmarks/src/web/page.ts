/** The suite in a page: the same cases on the visitor's own GPU, and a button that copies what came out. */
import { openBrowserDevice } from "@kintsugi/gpu";
import { GROUPS } from "../groups.js";
import { renderHtml } from "../report/html.js";
import { renderMarkdown } from "../report/markdown.js";
import { type Report, runSuite } from "../run.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const log = element<HTMLPreElement>("log");
const copy = element<HTMLButtonElement>("copy");
const start = element<HTMLButtonElement>("start");
const choice = element<HTMLFieldSetElement>("groups");
const frame = element<HTMLIFrameElement>("report");
let report: Report | undefined;

/** What the groups are to people who do not know the kernels by name. */
const LABELS: Readonly<Record<string, string>> = {
  conv: "Convolutions",
  dense: "Dense products",
  batch_norm: "Batch norm (batch_norm)",
  adam: "Adam",
  pointwise: "Pointwise kernels",
  minibatch: "Minibatch discrimination",
  training: "Training steps",
  completion: "Completion steps",
  growth: "Growing sizes (takes many minutes)",
  overheads: "Overheads",
  precision: "Precisions",
};

for (const name of Object.keys(GROUPS)) {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
  box.checked = wanted().includes(name);
  label.append(box, ` ${LABELS[name] ?? name}`);
  choice.append(label);
}

/** Groups that the address names, as in `?groups=conv,adam`; else those that take seconds. */
function wanted(): readonly string[] {
  const named = new URLSearchParams(location.search).get("groups");
  return named ? named.split(",") : Object.keys(GROUPS).filter((name) => name !== "growth");
}

async function run(): Promise<void> {
  start.disabled = true;
  log.textContent = "";
  const groups = [...choice.querySelectorAll("input")].filter(({ checked }) => checked).map(({ value }) => value);
  try {
    report = await runSuite({
      open: openBrowserDevice,
      machine: { browser: navigator.userAgent, threads: `${navigator.hardwareConcurrency} threads` },
      groups,
      // Browsers round the GPU's clock to a tenth of a millisecond.
      timestamps: false,
      say(line) {
        log.textContent += `${line}\n`;
        log.scrollTop = log.scrollHeight;
      },
    });
    frame.srcdoc = renderHtml(report);
    frame.hidden = false;
    copy.disabled = false;
    document.body.dataset.state = "done";
  } catch (error) {
    log.textContent += `\n${error instanceof Error ? `${error.name}: ${error.message}` : error}\n`;
    document.body.dataset.state = "failed";
  } finally {
    start.disabled = false;
  }
}

start.addEventListener("click", run);
frame.addEventListener("load", () => {
  frame.style.height = `${frame.contentDocument?.body.scrollHeight ?? 1200}px`;
});
copy.addEventListener("click", async () => {
  if (!report) return;
  await navigator.clipboard.writeText(`${renderMarkdown(report)}\n${JSON.stringify(report)}\n`);
  copy.textContent = "Copied";
});
if (new URLSearchParams(location.search).has("start")) void run();
