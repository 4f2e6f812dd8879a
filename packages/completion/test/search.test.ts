/** Whole searches against the float64 goldens, and what a search must not let images do to each other. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import {
  createHmc,
  createSearch,
  importanceWeights,
  latents,
  type Networks,
  type Optimizer,
  Problem,
  type SearchOptions,
} from "../src/index.js";
import { BLOCK, CONFIG, golden, goldenMasks, IMAGES, loadGoldenModel, row } from "./golden.js";

const ADAM: Optimizer = { kind: "adam" };
const MOMENTUM: Optimizer = { kind: "momentum", lr: 1e-3 };
const BLOG: Optimizer = { kind: "momentum", lr: 0.01 };

describe.each([
  ["WebGPU", async () => new WebGpuBackend(await openNodeDevice())],
  ["the CPU", openNodeBackend],
] as const)("on %s", (_, open) => {
  let backend: Backend;
  let networks: Networks;

  beforeAll(async () => {
    backend = await open();
    networks = loadGoldenModel(backend);
  });
  afterAll(() => backend.destroy());

  describe("trajectories", () => {
    // z follows sums of thousands of signs: float32 reaches 7e-7 in z, 2e-6 in pictures and 9e-5 in losses of 3 to 300.
    const cases: [name: string, optimizer: Optimizer, iterations: number, options?: Partial<SearchOptions>][] = [
      ["momentum_center", MOMENTUM, 25],
      ["momentum_random", MOMENTUM, 25],
      ["momentum_lowres", MOMENTUM, 25, { block: BLOCK }],
      // Chaotic on this model: correct programs part after about 15 iterations.
      ["momentum_default_center", BLOG, 8],
      ["adam_center", ADAM, 25],
      ["adam_random", ADAM, 25],
      ["adam_lowres", ADAM, 25, { block: BLOCK }],
      ["adam_log1md_center", ADAM, 25, { prior: "log1md" }],
      ["adam_weighted_center", ADAM, 25],
      ["adam_lam50_center", ADAM, 25, { lambda: 50 }],
    ];
    it.each(cases)("%s", async (name, optimizer, iterations, options = {}) => {
      // One place more than images: it must not be seen.
      const search = await createSearch(backend, networks, { batch: IMAGES + 1, optimizer, ...options });
      const masks = goldenMasks(name.split("_").at(-1)!);
      const weights = name.includes("weighted") ? masks.map((mask) => importanceWeights(mask)) : undefined;
      search.start({ images: golden("images"), masks, z: golden("z0"), ...(weights ? { weights } : {}) });
      const z = golden(`${name}/z`);
      const losses = await search.iterate(1);
      expect(await search.readZ()).toBeAllClose(row(z, 1, iterations + 1), { atol: 2e-5 });
      losses.push(...(await search.iterate(iterations - 1)));
      const last = await search.evaluate();

      expect(await search.readZ()).toBeAllClose(row(z, iterations, iterations + 1), { atol: 2e-5 });
      expect([...losses, last].map(({ iteration }) => iteration)).toEqual([...Array(iterations + 1).keys()]);
      const all = (pick: "contextual" | "perceptual") => [...losses, last].flatMap((loss) => [...loss[pick]]);
      expect(all("contextual")).toBeAllClose(golden(`${name}/ctx`), { atol: 1e-3 });
      expect(all("perceptual")).toBeAllClose(golden(`${name}/prior`), { atol: 1e-3 });
      expect(last.hats).toBeAllClose(golden(`${name}/final_g`), { atol: 5e-5 });
      expect(last.completed).toBeAllClose(golden(`${name}/completed`), { atol: 5e-5 });
      search.destroy();
    });
  });

  describe("Hamiltonian Monte Carlo", () => {
    it.each(
      ["original", "reflect"].flatMap((kind) => ["center", "random", "lowres"].map((mask) => [kind, mask] as const)),
    )("%s %s", async (kind, mask) => {
      const name = `hmc_${kind}_${mask}`;
      const problem = await Problem.create(backend, networks, { batch: IMAGES + 1, block: BLOCK });
      const search = await createHmc(problem, {
        kind: "hmc",
        beta: 0.2,
        anneal: 0.9,
        eps: 0.2,
        steps: 5,
        original: kind === "original",
        draw: (t) => ({
          momenta: row(golden(`${name}/momenta`), t, 3),
          uniforms: row(golden(`${name}/uniforms`), t, 3),
        }),
      });
      search.start({ images: golden("images"), masks: goldenMasks(mask), z: golden("z0") });
      for (let t = 0; t < 3; t++) {
        expect(await search.readZ(), `z ${t}`).toBeAllClose(row(golden(`${name}/z`), t, 4), { atol: 2e-5 });
        const [made] = await search.iterate(1);
        expect(made!.contextual).toBeAllClose(row(golden(`${name}/ctx`), t, 3), { atol: 1e-3 });
        expect(made!.perceptual).toBeAllClose(row(golden(`${name}/prior`), t, 3), { atol: 1e-3 });
        const energy = [...made!.energyBefore, ...made!.energyAfter];
        expect(energy).toBeAllClose(row(golden(`${name}/energy`), t, 3), { atol: 1e-3 });
        expect(made!.logAccept).toBeAllClose(row(golden(`${name}/log_accept`), t, 3), { atol: 1e-3 });
        expect(made!.accepted.map(Number)).toEqual([...row(golden(`${name}/accepted`), t, 3)]);
      }
      expect(await search.readZ()).toBeAllClose(row(golden(`${name}/z`), 3, 4), { atol: 2e-5 });
      const last = await search.evaluate();
      expect(last.hats).toBeAllClose(golden(`${name}/final_g`), { atol: 5e-5 });
      expect(last.completed).toBeAllClose(golden(`${name}/completed`), { atol: 5e-5 });
      search.destroy();
    });
  });

  describe("a search", () => {
    const one = (values: Float32Array) => row(values, 0, IMAGES);

    it.each([ADAM, { ...MOMENTUM, lr: 0.01 } as const, { kind: "lbfgs" } as const])(
      "keeps images apart: $kind",
      async (optimizer) => {
        const search = await createSearch(backend, networks, { batch: IMAGES, optimizer });
        const masks = goldenMasks("center");
        const run = async (images: Float32Array, z: Float32Array, count = IMAGES) => {
          search.start({ images, masks: masks.slice(0, count), z });
          const losses = await search.iterate(20);
          return { z: (await search.readZ()).slice(0, CONFIG.nz), losses: losses.map(({ total }) => total[0]) };
        };
        const images = golden("images");
        const alone = await run(one(images), one(golden("z0")), 1);
        const other = images.map((value, i) => (i < images.length / IMAGES ? value : -value));
        const company = await run(
          other,
          golden("z0").map((value, i) => (i < CONFIG.nz ? value : -value)),
        );
        const again = await run(images, golden("z0"));
        expect(company.losses).toEqual(again.losses);
        expect(company.z).toEqual(again.z);
        // Alone it lies in the same place of the same program: not a bit may differ either.
        expect(alone.losses).toEqual(again.losses);
        expect(alone.z).toEqual(again.z);
        search.destroy();
      },
    );

    it("keeps every bit of what is known", async () => {
      const search = await createSearch(backend, networks, { batch: IMAGES });
      const masks = goldenMasks("random");
      search.start({ images: golden("images"), masks, z: latents(1, 0, IMAGES, CONFIG.nz) });
      const { completed, hats } = await search.evaluate();
      golden("images").forEach((value, at) => {
        const pixel = Math.floor(at / CONFIG.channels);
        const known = masks[Math.floor(pixel / 256)]!.pixels[pixel % 256] === 1;
        if (completed[at] !== (known ? value : hats[at])) throw new Error(`value ${at} is ${completed[at]}`);
      });
      search.destroy();
    });

    it("stops between iterations when it is told to", async () => {
      const search = await createSearch(backend, networks, { batch: IMAGES });
      search.start({ images: golden("images"), masks: goldenMasks("center"), z: golden("z0") });
      const controller = new AbortController();
      const losses = await search.iterate(10, {
        signal: controller.signal,
        onIteration: (iteration) => iteration === 3 && controller.abort(),
      });
      expect(losses.length).toBe(3);
      expect(search.iteration).toBe(3);
      search.destroy();
    });

    it("keeps the losses of more iterations than a back end keeps records", async () => {
      const search = await createSearch(backend, networks, { batch: 1, optimizer: { kind: "momentum", lr: 1e-5 } });
      search.start({ images: one(golden("images")), masks: goldenMasks("center").slice(0, 1), z: one(golden("z0")) });
      const losses = await search.iterate(1100);
      expect(losses.map(({ iteration }) => iteration)).toEqual([...Array(1100).keys()]);
      expect(losses.every(({ total }) => total[0]! > 0)).toBe(true);
      search.destroy();
    });

    it("refuses what does not fit", async () => {
      const search = await createSearch(backend, networks, { batch: 2 });
      const fitting = { images: golden("images"), masks: goldenMasks("center"), z: golden("z0") };
      expect(() => search.start(fitting)).toThrow("3 images; this search takes 1 to 2");
      const two = { images: golden("images").slice(0, 1536), masks: fitting.masks.slice(0, 2), z: golden("z0") };
      expect(() => search.start(two)).toThrow("z has 24 values, 2 images need 16");
      const low = { ...two, z: golden("z0").slice(0, 16), masks: goldenMasks("lowres").slice(0, 2) };
      expect(() => search.start(low)).toThrow("a mask knows means of 4");
      search.destroy();
    });
  });
});
