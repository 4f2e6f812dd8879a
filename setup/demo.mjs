/**
 * What `npm run demo` runs once the checkout is set up: it draws faces with the shipped model, trains a small DCGAN on the
 * built-in toy faces, and completes sixteen faces with it that the training never saw. Everything lands in `demo/`.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./paths.mjs";
import { runForeground } from "./progress.mjs";

const folder = join(root, "demo");
const SIZE = 32;
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
 * @returns {Promise<number>} the exit code
 */
export async function demo(args, environment) {
  const run = join(folder, "run");
  const model = join(run, "model.safetensors");
  const kintsugi = (...words) => {
    console.error(`\n$ npx kintsugi ${words.map((word) => relative(root, word) || word).join(" ")}`);
    return runForeground(process.execPath, [join(root, "packages/cli/bin/kintsugi.js"), ...words, ...args], {
      env: environment,
    });
  };

  mkdirSync(folder, { recursive: true });
  const drawn = join(folder, "faces.png");
  const drawing = await kintsugi("sample", "--model", "faces-64", "--count", "64", "--overwrite", "--out", drawn);
  if (drawing !== 0) return drawing;

  if (existsSync(model)) {
    console.error(`demo: using the model of an earlier demo; delete ${relative(root, folder)}/ to train anew`);
  } else {
    rmSync(run, { recursive: true, force: true });
    const sizes = ["--size", SIZE, "--nz", 64, "--ngf", 16, "--ndf", 16, "--batch", 32].map(String);
    // What little training there is shows twice as well with averaged weights and mirrored faces.
    const care = ["--ema", "0.99", "--flip"];
    const length = ["--steps", STEPS, "--max-seconds", SECONDS, "--sample-every", 200].map(String);
    const code = await kintsugi("train", "--data", "toy", ...sizes, ...care, ...length, "--out", run);
    if (code !== 0) return code;
  }

  const heldOut = join(folder, "held-out");
  await drawFaces(heldOut);
  const completed = join(folder, "completed");
  const search = ["--mask", "center", "--iterations", "300", "--out-interval", "20"];
  const code = await kintsugi("complete", "--model", model, ...search, "--overwrite", "--out", completed, heldOut);
  if (code !== 0) return code;

  console.error(`
The pictures lie in ${relative(process.cwd(), folder) || "."}/:
  faces.png            what the shipped model of faces draws
  run/samples/         what the generator drew while it was trained
  completed/before.png, masked.png, completed/   sixteen faces it never saw: whole, damaged, completed
  completed/*.completed.png                      each by itself`);
  return 0;
}

/** Writes the held-out faces, once. */
async function drawFaces(to) {
  if (existsSync(to)) return;
  const load = (path) => import(pathToFileURL(join(root, "packages/images/dist", path)).href);
  const { toyFace } = await load("toy.js");
  const { fromBytes } = await load("index.js");
  const { writePng } = await load("node.js");
  mkdirSync(to, { recursive: true });
  for (let i = 0; i < HELD_OUT; i++) {
    const face = fromBytes(toyFace(1, FIRST_HELD_OUT + i, SIZE), SIZE, SIZE, 3);
    await writePng(join(to, `face-${String(i + 1).padStart(2, "0")}.png`), face);
  }
}
