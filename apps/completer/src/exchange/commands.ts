/** `kintsugi export` and `kintsugi import`: models for other programs, and from them. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkFinite, encodeModel, FORMAT, type Model, ModelError, modelSpecs } from "@kintsugi/dcgan";
import { isSystemError, reasonOf } from "@kintsugi/files";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "@kintsugi/nn";
import {
  CommandError,
  createReporter,
  createVerb,
  exitCodes,
  kinds,
  option,
  refuseExisting,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { LOAD_PY } from "./load_py.js";
import { toOnnxFiles } from "./onnx.js";
import { isTorch, readTorch } from "./pth.js";
import { fromPyTorch, type NamedTensors, toPyTorch } from "./pytorch.js";
import { readTensorFlow } from "./tensorflow.js";

const EXPORT_OPTIONS = {
  ...MODEL_OPTION,
  to: option(kinds.choice(["pytorch", "onnx", "float16"], "format"), {
    help:
      "pytorch: two safetensors with the names and layouts of PyTorch's DCGAN example, and load.py, its modules; " +
      "onnx: two ONNX models; " +
      "float16: a model of ours of half the size",
    required: "a format: pytorch, onnx or float16",
  }),
  out: option(kinds.text("dir"), {
    help: "folder for generator and discriminator; for float16 the file",
    required: "a folder, or for float16 a file",
  }),
  batch: option(kinds.positiveInteger("images"), { help: "onnx: at a time", default: 1 }),
  float16: option(kinds.flag, { help: "pytorch: values in 16 bits", default: false }),
  overwrite: option(kinds.flag, { help: "replace files that are there", default: false, once: true }),
};

const IMPORT_OPTIONS = {
  generator: option(kinds.text("file"), { help: "PyTorch: its state dict, .pth, .pt or .safetensors" }),
  discriminator: option(kinds.text("file"), { help: "PyTorch: likewise" }),
  checkpoint: option(kinds.text("path"), {
    help: "TensorFlow: NAME.index, beside its NAME.data-00000-of-00001, or their folder",
  }),
  out: option(kinds.text("file"), { help: "the model, .safetensors", required: "the model to write" }),
  overwrite: option(kinds.flag, { help: "replace the file if it is there", default: false, once: true }),
};

type ExportOptions = VerbOptions<typeof EXPORT_OPTIONS>;
type ImportOptions = VerbOptions<typeof IMPORT_OPTIONS>;

export function exportCommand(): Command {
  return createVerb({
    name: "export",
    summary: "write a model for other programs",
    table: EXPORT_OPTIONS,
    run: runExport,
  });
}

export function importCommand(): Command {
  return createVerb({
    name: "import",
    summary: "make a model of PyTorch's DCGAN example, or of dcgan-completion.tensorflow, one of ours",
    table: IMPORT_OPTIONS,
    run: runImport,
  });
}

async function runExport(options: ExportOptions): Promise<void> {
  const reporter = createReporter(options);
  const model = await readModel(options.model);
  if (options.to === "pytorch" && model.config.minibatchKernels !== undefined) {
    throw new ModelError(
      `${options.model} has minibatch discrimination, which PyTorch's DCGAN example has not: export to onnx`,
    );
  }
  if (options.to === "pytorch" && (model.config.dNorm === "none" || model.config.spectralNorm)) {
    throw new ModelError(`${options.model} has a discriminator that PyTorch's DCGAN example has not: export to onnx`);
  }
  if (options.to === "float16") {
    await write(options.out, halfModel(model), options.overwrite);
    reporter.say(options.out);
    reporter.emit({ t: "end", paths: [options.out] });
    return;
  }
  const ending = options.to === "onnx" ? "onnx" : "safetensors";
  const paths = ["generator", "discriminator"].map((name) => join(options.out, `${name}.${ending}`));
  await mkdir(options.out, { recursive: true });
  const loader = join(options.out, "load.py");
  if (options.to === "pytorch") paths.push(loader);
  for (const path of paths) await refuseExisting(path, options);
  const pack = (tensors: NamedTensors) => writeSafetensors(options.float16 ? half(tensors) : tensors);
  const files = options.to === "onnx" ? toOnnxFiles(model, options.batch) : toPyTorch(model);
  for (const [i, file] of [files.generator, files.discriminator].entries()) {
    await write(paths[i]!, file instanceof Uint8Array ? file : pack(file), options.overwrite);
  }
  if (options.to === "pytorch") await write(loader, LOAD_PY, options.overwrite);
  reporter.say(paths.join(" and "));
  reporter.emit({ t: "end", paths });
}

async function runImport(options: ImportOptions): Promise<void> {
  const reporter = createReporter(options);
  const { model, source } = await readForeign(options);
  const { config, values } = model;
  await write(options.out, encodeModel(config, modelSpecs(config), values, { source }), options.overwrite);
  reporter.say(`${options.out}: ${config.size}×${config.size}, ${config.channels} channels, z of ${config.nz}`);
  reporter.emit({ t: "end", paths: [options.out], config });
}

async function readForeign({ checkpoint, generator, discriminator }: ImportOptions) {
  const pair = generator !== undefined || discriminator !== undefined;
  if (checkpoint !== undefined && !pair) {
    return { model: await readTensorFlow(checkpoint), source: "dcgan-completion.tensorflow" };
  }
  if (checkpoint !== undefined || generator === undefined || discriminator === undefined) {
    throw new CommandError("give --generator and --discriminator, or --checkpoint alone", exitCodes.usage);
  }
  const [made, judged] = [await tensorsOf(generator), await tensorsOf(discriminator)];
  // Two files can be wrong: messages say "the generator" or "the discriminator".
  try {
    return { model: fromPyTorch(made, judged), source: "PyTorch DCGAN" };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new CommandError(error.message, exitCodes.checkpoint, { cause: error });
  }
}

async function write(path: string, bytes: Uint8Array | string, overwrite: boolean): Promise<void> {
  await refuseExisting(path, { overwrite });
  await writeFileWhole(path, bytes);
}

async function tensorsOf(path: string): Promise<NamedTensors> {
  try {
    const bytes = await readFile(path);
    const found = isTorch(bytes) ? await readTorch(bytes) : readSafetensors(bytes).tensors;
    // DataParallel puts its own name before all others.
    const tensors = new Map([...found].map(([name, tensor]) => [name.replace(/^module\./, ""), tensor]));
    checkFinite(new Map([...tensors].flatMap(([n, t]) => (t.values instanceof Float32Array ? [[n, t.values]] : []))));
    return tensors;
  } catch (cause) {
    const reason = isSystemError(cause) ? reasonOf(cause, "read") : (cause as Error).message;
    throw new CommandError(`cannot read ${path}: ${reason}`, exitCodes.checkpoint, { cause });
  }
}

function half(tensors: NamedTensors): NamedTensors {
  return new Map(
    [...tensors].map(([name, tensor]): [string, SafetensorsTensor] =>
      tensor.dtype === "F32" ? [name, { ...tensor, dtype: "F16" }] : [name, tensor],
    ),
  );
}

function halfModel({ config, values, metadata }: Model): Uint8Array {
  const tensors = modelSpecs(config).map(({ name, shape }): [string, SafetensorsTensor] => [
    name,
    { dtype: "F16", shape: [...shape], values: values.get(name)! },
  ]);
  const said = { ...metadata, format: FORMAT, "kintsugi.config": JSON.stringify(config) };
  return writeSafetensors(new Map(tensors), said, { checksums: true });
}
