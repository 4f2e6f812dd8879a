/** `kintsugi encoder`: trains the network that proposes where searches of a model begin; and its file, for the other verbs. */
import { readFile } from "node:fs/promises";
import { BACKEND_OPTIONS, openBackend } from "@kintsugi/backend";
import { decodeEncoder, type EncoderFile, EncoderTrainer, encodeEncoder, loadNetworks } from "@kintsugi/completion";
import { type DcganConfig, ModelError } from "@kintsugi/dcgan";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import {
  CommandError,
  counted,
  createReporter,
  createVerb,
  duration,
  exitCodes,
  interruptible,
  kinds,
  option,
  refuseExisting,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import type { Command } from "commander";

const NOTES = `
The encoder learns from pictures that the model paints itself, damaged by masks of all kinds; it needs no data. It fits this model
alone. Use it with the --encoder of complete, evaluate and serve: searches then begin at what it proposes, where that agrees better
than the best of --starts. Ctrl-C writes what it has learned so far.`;

/** Steps between two reports. */
const REPORT_EVERY = 10;

const ENCODER_OPTIONS = {
  ...MODEL_OPTION,
  out: option(kinds.text("file"), {
    help: "the encoder to write, .safetensors",
    required: "the encoder to write, such as model.encoder.safetensors",
  }),
  steps: option(kinds.positiveInteger("steps"), { help: "of training", default: 2000 }),
  width: option(kinds.positiveInteger("channels"), { help: "of its first layer", default: 16 }),
  batch: option(kinds.positiveInteger("pictures"), { help: "of a step", default: 48 }),
  lr: option(kinds.positiveNumber("rate"), {
    help: "first step size of Adam; it falls to a twentieth",
    default: 0.001,
    level: "more",
  }),
  seed: option(kinds.seed, { help: "unsigned 32-bit; fixes first values, pictures and masks", default: 0 }),
  ...BACKEND_OPTIONS,
  overwrite: option(kinds.flag, { help: "replace the file if it is there", default: false, once: true }),
};

type Options = VerbOptions<typeof ENCODER_OPTIONS>;

export function encoderCommand(): Command {
  return createVerb({
    name: "encoder",
    summary: "train a network that proposes where searches of a model begin",
    table: ENCODER_OPTIONS,
    notes: NOTES,
    run,
  });
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
    reporter.say(
      `${out}: ${counted(trainer.step, "step")}, mean squared error in z ${loss.toFixed(4)}, ${duration(seconds)}`,
    );
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
