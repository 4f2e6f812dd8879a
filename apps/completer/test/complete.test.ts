/** The algorithm without its command. */
import type { Backend } from "@kintsugi/autodiff";
import { openBackend } from "@kintsugi/backend";
import {
  batchSizes,
  type CompleteOptions,
  complete,
  type Losses,
  masks,
  type Networks,
  type Pictures,
  type Snapshot,
} from "@kintsugi/completion";
import { DEFAULT_TRAINING, Trainer } from "@kintsugi/dcgan";
import { bytesToValues } from "@kintsugi/images";
import { toyFaces } from "@kintsugi/images/toy";
import { afterAll, beforeAll, expect, it } from "vitest";
import { resultNames } from "../src/load_images.js";
import { CONFIG } from "./room.js";

let backend: Backend;
let networks: Networks;
beforeAll(async () => {
  backend = await openBackend();
  networks = await Trainer.create(backend, CONFIG, { ...DEFAULT_TRAINING, batch: 1, lr: 2e-4, seed: 5 });
});
afterAll(() => backend.destroy());

const faces = bytesToValues(toyFaces({ seed: 2, count: 5, size: 16 }));
const pictures: Pictures = {
  count: 5,
  values: (first, count) => faces.slice(first * 768, (first + count) * 768),
  mask: (image) => masks.random(16, { seed: 3, image }),
};
const options: CompleteOptions = {
  batch: 64,
  iterations: 8,
  outInterval: 3,
  seed: 4,
  optimizer: { kind: "adam" },
};

/** Losses of all images by iteration, snapshots, and what came back. */
async function run(changes: Partial<CompleteOptions>, signal?: AbortSignal, onLosses = () => {}) {
  const losses: number[][] = [];
  const snapshots: number[] = [];
  const add = (first: number, { iteration, total }: Losses) => {
    losses[iteration] ??= [];
    losses[iteration].splice(first, total.length, ...total);
  };
  const events = {
    onLosses(batch: { first: number }, found: readonly Losses[]) {
      for (const loss of found) add(batch.first, loss);
      onLosses();
    },
    onSnapshot: (_: unknown, [best]: readonly Snapshot[]) => void snapshots.push(best!.iteration),
  };
  const done = await complete(backend, networks, pictures, { ...options, ...changes }, events, signal);
  return { losses, snapshots, done };
}

it("shows every interval and the end, and reports every iteration", async () => {
  const { losses, snapshots, done } = await run({});
  expect(snapshots).toEqual([0, 3, 6, 8]);
  expect(losses.map((all) => all.length)).toEqual(Array(9).fill(5));
  expect(done).toBe(5);
});

it("gives each image what it would get in another batch", async () => {
  const whole = await run({});
  const parts = await run({ batch: 2 });
  expect(parts.snapshots).toEqual([0, 3, 6, 8, 0, 3, 6, 8, 0, 3, 6, 8]);
  // First z and mask are the image's own; only the order of sums in a program of another size may differ.
  parts.losses.forEach((all, iteration) => {
    all.forEach((loss, image) => {
      expect(loss).toBeCloseTo(whole.losses[iteration]![image]!, 2);
    });
  });
});

it("stops where it is told to, with a last snapshot", async () => {
  const controller = new AbortController();
  const { done, snapshots } = await run({ batch: 2, iterations: 1000, outInterval: 0 }, controller.signal, () =>
    controller.abort(),
  );
  expect(done).toBe(2);
  expect(snapshots.length).toBe(1);
  expect(snapshots[0]!).toBeLessThan(1000);
});

it("searches each image several times, and ranks what it finds", async () => {
  const found: (readonly Snapshot[])[] = [];
  const events = {
    onSnapshot: (_: unknown, candidates: readonly Snapshot[], last: boolean) => void (last && found.push(candidates)),
  };
  const several = { ...options, batch: 9, starts: 24, restarts: 3, candidates: 2, importance: { window: 3 } };
  expect(await complete(backend, networks, pictures, several, events)).toBe(5);
  expect(found.map(([best]) => best!.total.length)).toEqual([3, 2]);
  for (const [best, second] of found) {
    best!.total.forEach((loss, i) => {
      expect(loss).toBeLessThan(second!.total[i]!);
    });
    expect(best!.hats).not.toEqual(second!.hats);
  }
});

it("begins at the best of the starts", async () => {
  const [plain, chosen] = [await run({}), await run({ starts: 256 })];
  const mean = (all: readonly number[]) => all.reduce((sum, loss) => sum + loss, 0) / all.length;
  expect(mean(chosen.losses[0]!)).toBeLessThan(mean(plain.losses[0]!));
  await expect(run({ starts: 2, restarts: 3 })).rejects.toThrow("2 starts for 3 searches");
});

it("ends a batch whose images stand still", async () => {
  const still = { kind: "adam", lr: 1e-9 } as const;
  const { snapshots } = await run({ optimizer: still, iterations: 1000, outInterval: 0, patience: 5 });
  expect(snapshots[0]!).toBeGreaterThanOrEqual(5);
  expect(snapshots[0]!).toBeLessThan(1000);
});

it("makes batches as few and as equal as can be", () => {
  expect(batchSizes(65, 64)).toEqual([33, 32]);
  expect(batchSizes(64, 64)).toEqual([64]);
  expect(batchSizes(7, 3)).toEqual([3, 2, 2]);
  expect(batchSizes(0, 3)).toEqual([]);
});

it("names results after their files, and no two alike", () => {
  expect(resultNames(["a/x.png", "b/y.jpg"])).toEqual(["x", "y"]);
  expect(resultNames(["a/x.png", "b/x.png"])).toEqual(["a-x", "b-x"]);
  expect(resultNames(["x.png", "x.jpg", "X.webp"])).toEqual(["x", "x-2", "X-3"]);
  expect(resultNames(["a/x.png", "b/x.png", "c/a-x.png"])).toEqual(["a-x-2", "b-x", "a-x"]);
});
