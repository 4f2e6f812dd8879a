/**
 * What `npm run demo` runs once the checkout is set up: it draws faces with a shipped model, completes sixteen toy faces
 * with the other, trains a small DCGAN of its own, and completes the same faces with that. No training has seen them.
 * Everything lands in `demo/`.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./paths.mjs";
import { runForeground } from "./progress.mjs";

/** Training ends after so many seconds on any machine; a GPU is done with all steps before. */
const SECONDS = 100;
const STEPS = 4000;
/** Faces of the toy set with this index and beyond are in no training set. */
const FIRST_HELD_OUT = 100_000;
const HELD_OUT = 16;

/**
 * The demo.
 * @param {string[]} args what followed `npm run demo --`: options for all commands, such as `--device cpu`
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @param {{ folder?: string, steps?: number }} [how] where everything lands, and how long at most it trains
 * @returns {Promise<number>} the exit code
 */
export async function demo(args, environment, { folder = join(root, "demo"), steps = STEPS } = {}) {
  const kintsugi = async (...words) => {
    console.error(`\n$ npx kintsugi ${words.map((word) => relative(root, word) || word).join(" ")}`);
    const command = [join(root, "apps/cli/bin/kintsugi.js"), ...words, ...args];
    const code = await runForeground(process.execPath, command, { env: environment });
    if (code !== 0) throw new CommandFailed(code);
  };
  const at = (...names) => join(folder, ...names);
  const complete = (model, to, from) =>
    kintsugi("complete", "--model", model, "--mask", "center", "--overwrite", "--out", to, from);

  try {
    mkdirSync(folder, { recursive: true });
    await kintsugi("sample", "--model", "faces-64", "--count", "64", "--overwrite", "--out", at("faces.png"));
    await drawFaces(at("held-out"), 64);
    await complete("toy-64", at("completed"), at("held-out"));

    if (existsSync(at("run", "model.safetensors"))) {
      console.error(`demo: using the model of an earlier demo; delete ${relative(root, folder)}/ to train anew`);
    } else {
      rmSync(at("run"), { recursive: true, force: true });
      const sizes = ["--size", 32, "--nz", 64, "--ngf", 16, "--ndf", 16, "--batch", 32].map(String);
      // What little training there is shows twice as well with averaged weights and mirrored faces.
      const care = ["--ema", "0.99", "--flip"];
      const length = ["--steps", steps, "--max-seconds", SECONDS, "--sample-every", 200].map(String);
      await kintsugi("train", "--data", "toy", ...sizes, ...care, ...length, "--out", at("run"));
    }
    await drawFaces(at("held-out-32"), 32);
    await complete(at("run", "model.safetensors"), at("completed-by-yours"), at("held-out-32"));
  } catch (error) {
    if (error instanceof CommandFailed) return error.exitCode;
    throw error;
  }

  console.error(`
The pictures lie in ${relative(process.cwd(), folder) || "."}/:
  faces.png             what the shipped model of faces draws
  completed/            sixteen toy faces that no training saw, completed by the shipped model of toy faces:
                        before.png, masked.png, completed.png, and each by itself
  run/samples/          what your own generator drew while it was trained
  completed-by-yours/   the same sixteen, completed by your model`);
  return 0;
}

/** One of the commands ended with an exit code that is not 0, and has said why. */
class CommandFailed extends Error {
  constructor(exitCode) {
    super(`a command ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Writes the held-out faces, once. */
async function drawFaces(to, size) {
  if (existsSync(to)) return;
  const load = (path) => import(pathToFileURL(join(root, "packages/images/dist", path)).href);
  const { toyFace } = await load("toy.js");
  const { fromBytes } = await load("index.js");
  const { writePng } = await load("node.js");
  mkdirSync(to, { recursive: true });
  for (let i = 0; i < HELD_OUT; i++) {
    const face = fromBytes(toyFace(1, FIRST_HELD_OUT + i, size), size, size, 3);
    await writePng(join(to, `face-${String(i + 1).padStart(2, "0")}.png`), face);
  }
}
