/** `kintsugi export` and `kintsugi import`: models for other programs, and from them. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeModel, FORMAT, type Model, ModelError, modelSpecs } from "@kintsugi/dcgan";
import { readModel } from "@kintsugi/models/node";
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "@kintsugi/nn";
import {
  addOutputOptions,
  CommandError,
  choice,
  createReporter,
  exitCodes,
  positiveInteger,
  type ReporterOptions,
  refuseExisting,
  writeFileWhole,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { toOnnxFiles } from "./onnx.js";
import { fromPyTorch, type NamedTensors, toPyTorch } from "./pytorch.js";
import { readTensorFlow } from "./tensorflow.js";

interface ExportOptions extends Required<ReporterOptions> {
  readonly model: string;
  readonly to: "pytorch" | "onnx" | "float16";
  readonly out: string;
  readonly batch: number;
  readonly float16: boolean;
  readonly overwrite: boolean;
}

interface ImportOptions extends Required<ReporterOptions> {
  readonly checkpoint?: string;
  readonly generator?: string;
  readonly discriminator?: string;
  readonly out: string;
  readonly overwrite: boolean;
}

export function exportCommand(): Command {
  const command = new Command("export")
    .description("write a model for other programs")
    .requiredOption("--model <file>", "a model or checkpoint, .safetensors, or the name of a shipped one")
    .requiredOption(
      "--to <format>",
      "pytorch: two safetensors with the names and layouts of PyTorch's DCGAN example; onnx: two ONNX models; " +
        "float16: a model of ours of half the size",
      choice(["pytorch", "onnx", "float16"]),
    )
    .requiredOption("--out <dir>", "folder for generator and discriminator; for float16 the file")
    .option("--batch <n>", "onnx: images at a time", positiveInteger("images"), 1)
    .option("--float16", "pytorch: values in 16 bits", false)
    .option("--overwrite", "replace files that are there", false);
  return addOutputOptions(command).action(runExport);
}

export function importCommand(): Command {
  const command = new Command("import")
    .description("make a model of PyTorch's DCGAN example, or of dcgan-completion.tensorflow, one of ours")
    .option("--generator <file>", "PyTorch: its state dict, .safetensors")
    .option("--discriminator <file>", "PyTorch: likewise")
    .option("--checkpoint <path>", "TensorFlow: NAME.index, beside its NAME.data-00000-of-00001, or their folder")
    .requiredOption("--out <file>", "the model, .safetensors")
    .option("--overwrite", "replace the file if it is there", false);
  return addOutputOptions(command).action(runImport);
}

async function runExport(options: ExportOptions): Promise<void> {
  const reporter = createReporter(options);
  const model = await readModel(options.model);
  if (options.to === "pytorch" && model.config.minibatchKernels !== undefined) {
    throw new ModelError(
      `${options.model} has minibatch discrimination, which PyTorch's DCGAN example has not: export to onnx`,
    );
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
  for (const path of paths) await refuseExisting(path, options);
  const pack = (tensors: NamedTensors) => writeSafetensors(options.float16 ? half(tensors) : tensors);
  const files = options.to === "onnx" ? toOnnxFiles(model, options.batch) : toPyTorch(model);
  for (const [i, file] of [files.generator, files.discriminator].entries()) {
    await write(paths[i]!, file instanceof Uint8Array ? file : pack(file), options.overwrite);
  }
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
  try {
    return { model: fromPyTorch(made, judged), source: "PyTorch DCGAN" };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new CommandError(error.message, exitCodes.checkpoint, { cause: error });
  }
}

async function write(path: string, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  await refuseExisting(path, { overwrite });
  await writeFileWhole(path, bytes);
}

async function tensorsOf(path: string): Promise<NamedTensors> {
  try {
    return readSafetensors(await readFile(path)).tensors;
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as Error).message}`, exitCodes.checkpoint, { cause });
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
  return writeSafetensors(new Map(tensors), {
    ...metadata,
    format: FORMAT,
    "kintsugi.config": JSON.stringify(config),
  });
}
