/** `kintsugi encoder`: trains the network that proposes where searches of a model begin; and its file, for the other verbs. */
import { readFile } from "node:fs/promises";
import { addBackendOptions, type BackendOptions, openBackend } from "@kintsugi/backend";
import { decodeEncoder, type EncoderFile, EncoderTrainer, encodeEncoder, loadNetworks } from "@kintsugi/completion";
import { type DcganConfig, ModelError } from "@kintsugi/dcgan";
import { readModel } from "@kintsugi/models/node";
import {
  addOutputOptions,
  CommandError,
  createReporter,
  duration,
  exitCodes,
  interruptible,
  positiveInteger,
  positiveNumber,
  type ReporterOptions,
  refuseExisting,
  seed,
  writeFileWhole,
} from "@kintsugi/terminal";
import { Command } from "commander";

interface Options extends Required<ReporterOptions>, BackendOptions {
  readonly model: string;
  readonly out: string;
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly overwrite: boolean;
}

const NOTES = `
The encoder learns from pictures that the model paints itself, damaged by masks of all kinds; it needs no data. It fits this model
alone. Use it with the --encoder of complete, evaluate and serve: searches then begin at what it proposes, where that agrees better
than the best of --starts. Ctrl-C writes what it has learned so far.`;

/** Steps between two reports. */
const REPORT_EVERY = 10;

export function encoderCommand(): Command {
  const command = new Command("encoder")
    .description("train a network that proposes where searches of a model begin")
    .requiredOption("--model <file>", "a model or checkpoint, .safetensors, or the name of a shipped one")
    .requiredOption("--out <file>", "the encoder to write, .safetensors")
    .option("--steps <n>", "steps of training", positiveInteger("steps"), 2000)
    .option("--width <n>", "channels of its first layer", positiveInteger("channels"), 16)
    .option("--batch <n>", "pictures of a step", positiveInteger("pictures"), 48)
    .option("--lr <rate>", "first step size of Adam; it falls to a twentieth", positiveNumber(), 0.001)
    .option("--seed <n>", "unsigned 32-bit; fixes first values, pictures and masks", seed, 0)
    .option("--overwrite", "replace the file if it is there", false)
    .addHelpText("after", NOTES);
  return addOutputOptions(addBackendOptions(command)).action(run);
}

async function run(options: Options): Promise<void> {
  const began = performance.now();
  const reporter = createReporter(options);
  const { model: path, out, steps, width, batch, lr, seed } = options;
  const model = await readModel(path);
  await refuseExisting(out, options);
  const backend = await openBackend(options, (line) => reporter.say(line));
  const interrupt = interruptible((signal) => reporter.say(`${signal}: writing the encoder (again to leave at once)`));
  try {
    const trainer = await EncoderTrainer.create(backend, loadNetworks(backend, model), {
      steps,
      width,
      batch,
      lr,
      seed,
    });
    reporter.say(`an encoder of width ${width} for ${path} on ${backend.description}`);
    reporter.emit({ t: "start", steps, width, batch, backend: backend.description });
    const progress = reporter.progress({ label: "learning", total: steps });
    let loss = Number.NaN;
    while (trainer.step < steps && !interrupt.signal.aborted) {
      await trainer.train();
      if (trainer.step % REPORT_EVERY !== 0 && trainer.step < steps) continue;
      const losses = await trainer.fetchLosses();
      loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
      if (!Number.isFinite(loss)) {
        throw new CommandError("the encoder's loss is no number any more; try a smaller --lr", exitCodes.diverged);
      }
      const { secondsLeft } = progress.update(trainer.step, { values: { loss } });
      reporter.emit({ t: "progress", step: trainer.step, loss, secondsLeft });
    }
    progress.stop();
    await writeFileWhole(out, encodeEncoder(await trainer.file()));
    const seconds = (performance.now() - began) / 1000;
    reporter.emit({ t: "end", step: trainer.step, interrupted: interrupt.signal.aborted, loss, seconds, out });
    reporter.say(`${out}: ${trainer.step} steps, mean squared error in z ${loss.toFixed(4)}, ${duration(seconds)}`);
    interrupt.signal.throwIfAborted();
  } finally {
    interrupt.release();
    backend.destroy();
  }
}

/** The file of `--encoder`, where there is one. Throws CommandError (checkpoint) that names it. */
export async function readEncoder(
  path: string | undefined,
  config: DcganConfig,
): Promise<{ readonly encoder?: EncoderFile }> {
  if (path === undefined) return {};
  try {
    return { encoder: decodeEncoder(await readFile(path), config) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof ModelError) && code === undefined) throw error;
    const reason = code === "ENOENT" ? "there is no such file; make one with kintsugi encoder" : message;
    throw new CommandError(`cannot read the encoder ${path}: ${reason}`, exitCodes.checkpoint, { cause: error });
  }
}
