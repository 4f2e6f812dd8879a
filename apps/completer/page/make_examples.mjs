/**
 * Draws the example pictures of the page: toy faces of a seed that no model of ours was trained on, and portraits that a model
 * draws itself, since pictures of the set it learnt from are not ours to hand out. Usage: node page/make_examples.mjs
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openBackend } from "@kintsugi/backend";
import { loadNetworks } from "@kintsugi/completion";
import { drawLatent, Sampler } from "@kintsugi/dcgan";
import { fromBytes, unstack } from "@kintsugi/images";
import { encodePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { readModel } from "@kintsugi/models/node";
import { PURPOSE } from "@kintsugi/nn";

const SIZE = 64;
const TOY_SEED = 2024;
const TOYS = [11, 4, 12, 25, 22, 17, 35, 13];
/** As `kintsugi sample --model faces-64 --seed 3 --numbers` counts them. */
const PORTRAIT_SEED = 3;
const PORTRAITS = [12, 0, 36, 13, 1, 31, 27, 22];

const save = (name, image) =>
  writeFile(fileURLToPath(new URL(`public/examples/${name}.png`, import.meta.url)), encodePng(image));

for (const [i, index] of TOYS.entries()) {
  await save(`toy-${i + 1}`, fromBytes(toyFace(TOY_SEED, index, SIZE), SIZE, SIZE, 3));
}

const model = await readModel("faces-64");
const { config } = model;
const backend = await openBackend("cpu");
const count = Math.max(...PORTRAITS) + 1;
const sampler = await Sampler.create(backend, config, loadNetworks(backend, model).variables, count);
const z = drawLatent(config, { seed: PORTRAIT_SEED, purpose: PURPOSE.samples, index: 0 }, count);
const portraits = unstack(await sampler.sample(z), [count, SIZE, SIZE, 3]);
for (const [i, index] of PORTRAITS.entries()) await save(`portrait-${i + 1}`, portraits[index]);
backend.destroy();
