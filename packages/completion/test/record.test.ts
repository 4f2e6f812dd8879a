/**
 * The record of what the code computed once: the same seeds must go on giving the same bits on the CPU back end, and files of
 * that time must go on loading. `UPDATE_RECORD=1` writes the record anew, which a change of bits needs, and a reason.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { Backend } from "@kintsugi/autodiff";
import { DEFAULT_TRAINING, decodeModel, encodeModel, modelSpecs, Trainer, trainingSpecs } from "@kintsugi/dcgan";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCompleter, createSearch, latents, loadNetworks, type ManyOptions, masks } from "../src/index.js";

const RECORD = new URL("./record/tensors.json", import.meta.url);
const CHECKPOINT = new URL("./record/checkpoint.safetensors", import.meta.url);
const MODEL = new URL("./record/model.safetensors", import.meta.url);

const CONFIG = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
const TRAINING = { ...DEFAULT_TRAINING, batch: 6, ema: 0.9, lr: 2e-4, seed: 3 };
const SEARCH = {
  iterations: 4,
  outInterval: 0,
  seed: 5,
  optimizer: { kind: "lbfgs" },
  starts: 16,
  patience: 0,
  pull: 0.65,
  stray: 4,
  importance: { window: 7, floor: 0.05 },
  blend: "graded",
} as const satisfies ManyOptions;

/** Tensors by name: what is recorded are their SHA-256. */
type Tensors = Record<string, Float32Array>;
type Hashes = Readonly<Record<string, string>>;

interface Recorded {
  /** Runtimes choose their kernels by the processor: bits are promised for the same one. */
  readonly machine: string;
  readonly hashes: Hashes;
}

const machine = describeMachine();
let backend: Backend;

beforeAll(async () => {
  // One thread, so that no sum is cut by the number of cores.
  backend = await openNodeBackend(1);
});
afterAll(() => backend.destroy());

/** Platform, processor and, where the system tells them, its vector instructions. */
function describeMachine(): string {
  const info = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const vectors = new Set(info.match(/\b(avx|fma|amx|asimd|sve)\w*/g));
  return [`${process.platform} ${process.arch}`, cpus()[0]?.model.trim(), ...[...vectors].sort()].join(", ");
}

/** Values in [−1, 1] by integers alone. */
function pixels(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const IMAGE = CONFIG.size ** 2 * CONFIG.channels;

async function train(steps: number): Promise<{ tensors: Tensors; checkpoint: Uint8Array; model: Uint8Array }> {
  const trainer = await Trainer.create(backend, CONFIG, TRAINING);
  for (let step = 0; step < steps; step++) await trainer.train(pixels(TRAINING.batch * IMAGE, step + 1));
  const values = await trainer.values();
  const losses = (await trainer.fetchRecords()).map(({ dLossReal, dLossFake, gLoss }) => [
    dLossReal,
    dLossFake,
    ...gLoss,
  ]);
  return {
    tensors: { ...Object.fromEntries(values), losses: Float32Array.from(losses.flat()) },
    checkpoint: encodeModel(CONFIG, trainingSpecs(CONFIG, TRAINING), values),
    model: encodeModel(CONFIG, modelSpecs(CONFIG), values),
  };
}

/** Completes with a model as it was read from a file. */
async function complete(file: Uint8Array): Promise<Tensors> {
  const model = decodeModel(file);
  const image = pixels(IMAGE, 77);
  const completer = createCompleter({ device: backend, model });
  const { image: completed, hat, total } = await completer.complete(image, masks.center(CONFIG.size), SEARCH);
  const networks = loadNetworks(backend, model);
  const found: Tensors = {
    "lbfgs/completed": completed,
    "lbfgs/hat": hat,
    "lbfgs/total": total,
  };
  for (const kind of ["adam", "momentum", "hmc"] as const) {
    const search = await createSearch(backend, networks, { batch: 1, optimizer: { kind } });
    search.start({ images: image, masks: [masks.left(CONFIG.size)], z: latents(1, 0, 1, CONFIG.nz) });
    await search.iterate(4);
    found[`${kind}/z`] = await search.readZ();
    found[`${kind}/completed`] = (await search.evaluate()).completed;
    search.destroy();
  }
  await completer.destroy();
  return found;
}

function hash(tensors: Tensors): Hashes {
  const digest = (values: Float32Array) =>
    createHash("sha256")
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      .digest("hex");
  return Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, digest(values)]));
}

it("computes the bits of the record on the machine of the record", async (context) => {
  if (process.env.UPDATE_RECORD) {
    const { tensors, checkpoint, model } = await train(4);
    await writeFile(CHECKPOINT, checkpoint);
    await writeFile(MODEL, model);
    const hashes = { ...hash(tensors), ...hash(await complete(model)) };
    await writeFile(RECORD, `${JSON.stringify({ machine, hashes }, null, 2)}\n`);
  }
  const recorded = JSON.parse(await readFile(RECORD, "utf8")) as Recorded;
  if (recorded.machine !== machine) context.skip(`recorded on ${recorded.machine}; this is ${machine}`);
  const { tensors } = await train(4);
  expect({ ...hash(tensors), ...hash(await complete(await readFile(MODEL))) }).toEqual(recorded.hashes);
});

it("reads the files of the record, and goes on from its checkpoint", async () => {
  expect(existsSync(CHECKPOINT)).toBe(true);
  const { values } = decodeModel(await readFile(CHECKPOINT), (config) => trainingSpecs(config, TRAINING));
  const resumed = await Trainer.create(backend, CONFIG, TRAINING, { values, step: 4 });
  expect(await resumed.values()).toEqual(
    new Map(trainingSpecs(CONFIG, TRAINING).map(({ name }) => [name, values.get(name)!])),
  );
  await resumed.train(pixels(TRAINING.batch * IMAGE, 5));
  const whole = await train(5);
  const recorded = JSON.parse(await readFile(RECORD, "utf8")) as Recorded;
  // Elsewhere the first four steps have other roundings.
  if (recorded.machine !== machine) return;
  expect(hash(Object.fromEntries(await resumed.values()))).toEqual(
    hash(Object.fromEntries(Object.entries(whole.tensors).filter(([name]) => name !== "losses"))),
  );
});
