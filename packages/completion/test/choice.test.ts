/** What surrounds a search: starts, ranks, patience, falling rates, squared distances, irregular masks. */
import type { Backend } from "@kintsugi/autodiff";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import {
  averaged,
  bestLosses,
  type CompleteOptions,
  complete,
  createSearch,
  type Losses,
  latents,
  masks,
  type Networks,
  type Optimizer,
  Patience,
  Problem,
  rank,
  type Snapshot,
  Starts,
} from "../src/index.js";
import { BLOCK, CONFIG, golden, goldenMasks, IMAGES, loadGoldenModel } from "./golden.js";

let backend: Backend;
let networks: Networks;
beforeAll(async () => {
  backend = await openNodeBackend();
  networks = loadGoldenModel(backend);
});
afterAll(() => backend.destroy());

describe("starts", () => {
  const images = golden("images");

  it.each([
    ["center", {}],
    ["lowres", { prior: "log1md", lambda: 5 }],
    ["random", { contextual: "l2", pull: 0.5 }],
  ] as const)("finds the best of %s by the loss of the search itself", async (kind, options) => {
    const wanted = { images, masks: goldenMasks(kind) };
    const starts = await Starts.create(backend, networks, { ...options, batch: 5, seed: 9 });
    const chosen = await starts.choose(wanted, 12, 3);
    starts.destroy();
    expect(chosen.length).toBe(IMAGES * 3 * CONFIG.nz);

    // The same twelve, each judged by one forward pass of the search.
    const problem = await Problem.create(backend, networks, { ...options, batch: IMAGES, block: BLOCK });
    const totals: Float32Array[] = [];
    const pool = Array.from({ length: 12 }, (_, k) => latents(9, 2 ** 31 + k, 1, CONFIG.nz));
    for (const z of pool) {
      const same = Float32Array.from({ length: IMAGES * CONFIG.nz }, (_, at) => z[at % CONFIG.nz]!);
      problem.start({ ...wanted, z: same });
      totals.push((await problem.evaluate(0)).total);
    }
    problem.destroy();
    for (let n = 0; n < IMAGES; n++) {
      const order = [...pool.keys()].sort((a, b) => totals[a]![n]! - totals[b]![n]!).slice(0, 3);
      order.forEach((k, place) => {
        const at = (n * 3 + place) * CONFIG.nz;
        expect([...chosen.subarray(at, at + CONFIG.nz)], `${n} ${place}`).toEqual([...pool[k]!]);
      });
    }
  });
});

it("ranks searches by total loss, and what is no number last", () => {
  const at = (...values: number[]) => Float32Array.from(values);
  const total = at(3, 1, 2, Number.NaN, 5, 4);
  const pictures = at(0, 1, 2, 3, 4, 5);
  const snapshot: Snapshot = {
    ...{ iteration: 7, contextual: total, perceptual: total, total },
    ...{ hats: pictures, completed: pictures, blended: pictures },
  };
  expect(rank(snapshot, 3, 2).map(({ hats }) => [...hats])).toEqual([
    [1, 5],
    [2, 4],
  ]);
  expect(rank(snapshot, 3, 9).map(({ total }) => total[1])).toEqual([4, 5, Number.NaN]);
});

it("puts the best of those that lead first, and the others before what is left of these", () => {
  const total = Float32Array.of(3, 2, 9, 1, 5, 4, 8, 7);
  const snapshot: Snapshot = {
    ...{ iteration: 7, contextual: total, perceptual: total, total },
    ...{ hats: total, completed: total, blended: total },
  };
  expect(rank(snapshot, 4, 4, 2).map(({ total }) => [...total])).toEqual([
    [2, 4],
    [1, 7],
    [9, 8],
    [3, 5],
  ]);
  expect([...bestLosses(snapshot, 4, 2).total]).toEqual([2, 4]);
  expect([...bestLosses(snapshot, 4).total]).toEqual([1, 4]);
});

it("goes downhill by L-BFGS, faster than by Adam, within the walls, and stops when told", async () => {
  const total = async (optimizer: Optimizer) => {
    const search = await createSearch(backend, networks, { batch: IMAGES + 1, optimizer });
    search.start({ images: golden("images"), masks: goldenMasks("random"), z: golden("z0") });
    const losses = await search.iterate(10);
    losses.push(...(await search.iterate(30)));
    const last = await search.evaluate();
    const z = await search.readZ();
    const controller = new AbortController();
    const more = await search.iterate(9, { signal: controller.signal, onIteration: () => controller.abort() });
    expect(more.length).toBe(1);
    search.destroy();
    return { losses: [...losses, last], z };
  };
  const newton = await total({ kind: "lbfgs" });
  const adam = await total({ kind: "adam", lr: 0.1 });
  expect(newton.losses.map(({ iteration }) => iteration)).toEqual([...Array(41).keys()]);
  for (let i = 0; i < IMAGES; i++) {
    const path = newton.losses.map(({ total }) => total[i]!);
    path.slice(1).forEach((loss, t) => {
      // Only the last is another pass of the networks, of the same z.
      expect(loss).toBeLessThanOrEqual(path[t]! * (1 + 1e-6));
    });
    expect(newton.losses[0]!.total[i]).toBe(adam.losses[0]!.total[i]);
  }
  const sum = (losses: Losses) => losses.total.reduce((all, loss) => all + loss, 0);
  expect(sum(newton.losses[20]!)).toBeLessThan(sum(adam.losses[20]!));
  expect(newton.z.every((value) => Math.abs(value) <= 1)).toBe(true);
});

describe("the pull", () => {
  const start = { images: golden("images"), masks: goldenMasks("lowres"), z: golden("z0") };
  const meanSquare = (z: Float32Array, image: number) =>
    z.subarray(image * CONFIG.nz, (image + 1) * CONFIG.nz).reduce((sum, value) => sum + value ** 2, 0) / CONFIG.nz;
  /** The loss of a picture that is 1 off everywhere. */
  const reach = (image: number) => 3 * start.masks[image]!.means!.known.reduce((sum, known) => sum + known, 0);

  it("adds its share of mean z² to the loss of each image, whatever the rule that moves z", async () => {
    for (const kind of ["lbfgs", "adam", "momentum", "hmc"] as const) {
      const first = async (pull: number) => {
        const optimizer: Optimizer = kind === "hmc" ? { kind, steps: 2 } : { kind };
        const search = await createSearch(backend, networks, { batch: IMAGES + 1, block: BLOCK, pull, optimizer });
        search.start(start);
        const [seen] = await search.iterate(1);
        const [after, z] = [await search.evaluate(), await search.readZ()];
        search.destroy();
        return { seen: seen!, after, z };
      };
      const [free, held] = [await first(0), await first(2)];
      for (let i = 0; i < IMAGES; i++) {
        const added = 2 * reach(i) * meanSquare(golden("z0"), i);
        expect(held.seen.total[i]! - free.seen.total[i]!, kind).toBeCloseTo(added, 3);
        expect(held.seen.contextual[i], kind).toBe(free.seen.contextual[i]);
        const { contextual, perceptual, total } = held.after;
        const whole = contextual[i]! + 0.1 * perceptual[i]! + 2 * reach(i) * meanSquare(held.z, i);
        expect(total[i]! / whole, kind).toBeCloseTo(1, 5);
      }
    }
  });

  it("keeps z near 0, and costs some agreement", async () => {
    const end = async (pull: number) => {
      const search = await createSearch(backend, networks, {
        ...{ batch: IMAGES, block: BLOCK, pull },
        optimizer: { kind: "lbfgs" },
      });
      search.start(start);
      await search.iterate(30);
      const [last, z] = [await search.evaluate(), await search.readZ()];
      search.destroy();
      return { last, z };
    };
    const [free, held] = [await end(0), await end(1)];
    for (let i = 0; i < IMAGES; i++) {
      expect(meanSquare(held.z, i)).toBeLessThan(meanSquare(free.z, i));
      expect(held.last.contextual[i]!).toBeGreaterThan(free.last.contextual[i]!);
    }
  });
});

it("agrees better where the first layer may stray, and begins anew without", async () => {
  const start = { images: golden("images"), masks: goldenMasks("center"), z: golden("z0") };
  const end = async (stray: number, kind: "lbfgs" | "adam") => {
    const search = await createSearch(backend, networks, {
      ...{ batch: IMAGES + 1, pull: 0.01, stray, contextual: "l2" },
      optimizer: kind === "adam" ? { kind, lr: 0.1 } : { kind },
    });
    const runs: { first: Losses; last: Snapshot }[] = [];
    for (let run = 0; run < 2; run++) {
      search.start(start);
      const [first] = await search.iterate(30);
      runs.push({ first: first!, last: await search.evaluate() });
    }
    search.destroy();
    expect(runs[1]).toEqual(runs[0]);
    return runs[0]!;
  };
  const [bound, free] = [await end(0, "lbfgs"), await end(3, "lbfgs")];
  expect(free.first).toEqual(bound.first);
  for (let i = 0; i < IMAGES; i++) {
    expect(free.last.contextual[i]!).toBeLessThan(bound.last.contextual[i]!);
    // What it costs to stray is in the total.
    const { contextual, perceptual, total } = free.last;
    expect(total[i]!).toBeGreaterThan(contextual[i]! + 0.1 * perceptual[i]!);
  }
  expect(await end(3, "adam")).toEqual(await end(0, "adam"));
});

it("holds the first completion near the ordinary, and lets the others differ", async () => {
  const [images, known] = [golden("images"), goldenMasks("center")];
  const stride = images.length / IMAGES;
  const last = async (candidates: number) => {
    const found: Snapshot[] = [];
    const options: CompleteOptions = {
      ...{ batch: candidates * IMAGES, iterations: 12, outInterval: 0, seed: 1, starts: 24, pull: 0.5, candidates },
      optimizer: { kind: "lbfgs" },
    };
    await complete(
      backend,
      networks,
      {
        count: IMAGES,
        values: (first, count) => images.subarray(first * stride, (first + count) * stride),
        mask: (image) => known[image]!,
      },
      options,
      { onSnapshot: (_, all) => void found.push(...all) },
    );
    return found;
  };
  const [[alone], [first, second]] = [await last(1), await last(2)];
  expect(first!.hats).toBeAllClose(alone!.hats, { atol: 1e-4 });
  // Little holds the second back: it agrees better with what is known.
  second!.contextual.forEach((loss, i) => {
    expect(loss).toBeLessThan(0.99 * first!.contextual[i]!);
  });
});

it("averages the pictures of several searches", () => {
  const [mask, images] = [{ size: 1, pixels: Float32Array.of(0) }, Float32Array.of(9)];
  const one = (value: number): Snapshot => {
    const pictures = Float32Array.of(value);
    const same = { contextual: pictures, perceptual: pictures, total: pictures };
    return { iteration: 1, ...same, hats: pictures, completed: pictures, blended: pictures };
  };
  const mean = averaged([one(1), one(2), one(6)], { images, masks: [mask] }, "none");
  expect([mean.hats[0], mean.completed[0], mean.total[0]]).toEqual([3, 3, 1]);
});

describe("patience", () => {
  const at = (iteration: number, ...total: number[]): Losses => {
    const values = Float32Array.from(total);
    return { iteration, contextual: values, perceptual: values, total: values };
  };

  it("ends for each image when it has stood still", () => {
    const patience = new Patience(2, 3);
    patience.see([at(0, 10, 10), at(1, 9.999, 9), at(2, 9.998, 8), at(3, 9.997, 7)]);
    expect([patience.done, patience.all]).toEqual([1, false]);
    patience.see([at(4, 9.997, 7), at(5, 9.997, 7), at(6, 9.997, 6.9999)]);
    expect([patience.done, patience.all]).toEqual([2, true]);
  });

  it("is endless at 0", () => {
    const patience = new Patience(1, 0);
    patience.see([at(0, 1), at(1000, 1)]);
    expect(patience.all).toBe(false);
  });
});

it("lets the step size fall to its end, and squares distances", async () => {
  const path = async (decay: { over: number; end?: number }) => {
    const options = { batch: IMAGES, optimizer: { kind: "adam", lr: 0.1, decay }, contextual: "l2" } as const;
    const search = await createSearch(backend, networks, options);
    search.start({ images: golden("images"), masks: goldenMasks("center"), z: golden("z0") });
    const z: Float32Array[] = [];
    const losses: Losses[] = [];
    for (let i = 0; i < 6; i++) {
      losses.push(...(await search.iterate(1)));
      z.push(await search.readZ());
    }
    const { hats } = await search.evaluate();
    search.destroy();
    return { z, losses, hats };
  };
  const { z, losses } = await path({ over: 3, end: 0 });
  expect(z[3]).toEqual(z[2]);
  expect(z[5]).toEqual(z[2]);
  expect(z[2]).not.toEqual(z[1]);

  const images = golden("images");
  const [mask] = goldenMasks("center");
  const still = await path({ over: 3, end: 0 });
  const last = still.losses.at(-1)!;
  const stride = images.length / IMAGES;
  const squares = images
    .subarray(0, stride)
    .reduce((sum, y, at) => sum + mask!.pixels[Math.floor(at / 3)]! * (still.hats[at]! - y) ** 2, 0);
  expect(last.contextual[0]).toBeCloseTo(squares, 3);
  expect(losses[0]!.contextual[0]).toBeGreaterThan(last.contextual[0]!);
});

describe("irregular masks", () => {
  const names = ["pattern", "strokes"] as const;

  it.each(names)("%s takes the share that it is asked for, for each image another part", (name) => {
    for (const fraction of [0, 0.1, 0.25, 0.7, 1]) {
      const mask = masks[name](64, { fraction, seed: 3, image: 5 });
      const share = masks.missing(mask) / 4096;
      expect(share).toBeGreaterThanOrEqual(fraction - 1 / 4096);
      expect(share).toBeLessThan(fraction + 0.03);
      expect(masks[name](64, { fraction, seed: 3, image: 5 })).toEqual(mask);
    }
    const one = masks[name](64, { seed: 3, image: 1 });
    expect(one).not.toEqual(masks[name](64, { seed: 3, image: 2 }));
    expect(one).not.toEqual(masks[name](64, { seed: 4, image: 1 }));
    expect(() => masks[name](64, { seed: 3, fraction: 2 })).toThrow("a fraction of 2 is not from 0 to 1");
  });

  it.each(names)("%s makes connected holes, not salt and pepper", (name) => {
    const { pixels } = masks[name](64, { seed: 1 });
    let edges = 0;
    for (let p = 0; p < 4095; p++) if (p % 64 < 63 && pixels[p] !== pixels[p + 1]) edges++;
    expect(edges).toBeLessThan(600);
  });
});
