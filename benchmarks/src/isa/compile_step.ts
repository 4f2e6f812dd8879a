/**
 * Compiles every pipeline of a training and of a completion step, one after the other, each under a line that names it; started
 * by `run.ts` where the driver prints what it compiles. Nothing is executed.
 *
 *     node compile_step.js '{"width":64,"batch":64,"precision":"f32"}'
 */
import { writeSync } from "node:fs";
import { PRECISION_FEATURES, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { createCompleter, DEFAULTS } from "@kintsugi/completion";
import { type DcganConfig, DEFAULT_TRAINING, modelSpecs, Trainer } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { initialValues } from "@kintsugi/nn";
import { MARK } from "./assembly.js";
import type { StepToCompile } from "./run.js";

const { width, batch, precision, core } = JSON.parse(process.argv[2] ?? "") as StepToCompile;
const device = await openNodeDevice([], PRECISION_FEATURES[precision]);
const { handle } = device;
const STDERR = 2;

// In turns, so that what the driver prints belongs to the line before it.
let last: Promise<unknown> = Promise.resolve();
handle.createComputePipelineAsync = (descriptor) => {
  const compiled = last.then(() => {
    writeSync(STDERR, `\n${MARK}${descriptor.label ?? ""} | ${JSON.stringify(descriptor.compute.constants ?? {})}\n`);
    return handle.createComputePipeline(descriptor);
  });
  last = compiled.catch(() => {});
  return compiled;
};

const backend = new WebGpuBackend(device, { precision, ...(core === undefined ? {} : { core }) });
// What is not executed cannot be proven.
backend.prove = () => Promise.resolve();
const config: DcganConfig = { size: 64, channels: 3, nz: 100, ngf: width, ndf: width, kernel: 5 };
await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch, lr: 0.0002, seed: 1 });
const model = { config, values: initialValues(modelSpecs(config), 1), metadata: {} };
const completer = createCompleter({ device: backend, model, batch: 4 });
await completer.prepare(DEFAULTS, 4);
writeSync(STDERR, `\n${MARK}end\n`);
// Dawn would wait for what is never executed.
process.exit(0);
