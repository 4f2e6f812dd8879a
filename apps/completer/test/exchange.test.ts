/** Models for other programs and from them: what PyTorch would compute, and what ONNX Runtime does. */
import { readFile, writeFile } from "node:fs/promises";
import { openBackend } from "@kintsugi/backend";
import { latents, loadNetworks } from "@kintsugi/completion";
import { decodeModel, encodeModel, modelSpecs, Sampler } from "@kintsugi/dcgan";
import { normal, PURPOSE, readSafetensors } from "@kintsugi/nn";
import ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "../../../packages/kernels/test/close.js";
import { permute } from "../src/exchange/pytorch.js";
import { CONFIG, createRoom, type Room, verb } from "./room.js";

let room: Room;
const models = new Map<number, string>();
beforeAll(async () => {
  room = await createRoom();
  for (const kernel of [4, 5]) {
    const path = await room.model(`model-${kernel}.safetensors`, { ...CONFIG, kernel });
    models.set(kernel, path);
    if (kernel === 4) continue;
    // As training leaves it: nothing is 0, no two channels are alike.
    const { config, values } = decodeModel(await readFile(path));
    const moved = [...values].map(([name, was], index): [string, Float32Array] => {
      const noise = normal({ seed: 3, purpose: PURPOSE.weights, index }, was.length, 0.1);
      return [name, was.map((value, at) => value + (/variance/.test(name) ? Math.abs(noise[at]!) : noise[at]!))];
    });
    await writeFile(path, encodeModel(config, modelSpecs(config), new Map(moved)));
  }
});
afterAll(() => room.remove());

/** What our own networks paint. */
async function paint(path: string, z: Float32Array) {
  const model = decodeModel(await readFile(path));
  const backend = await openBackend("cpu");
  const { variables } = loadNetworks(backend, model);
  const sampler = await Sampler.create(backend, model.config, variables, z.length / model.config.nz);
  const images = await sampler.sample(z);
  backend.destroy();
  return images;
}

it("permutes axes", () => {
  expect([...permute(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3], [1, 0])]).toEqual([0, 3, 1, 4, 2, 5]);
  const values = Float32Array.from({ length: 24 }, (_, i) => i);
  expect(permute(permute(values, [2, 3, 4], [2, 0, 1]), [4, 2, 3], [1, 2, 0])).toEqual(values);
});

describe("PyTorch", () => {
  it.each([4, 5])("a model of kernel %i comes back as it went", async (kernel) => {
    const out = room.at(`torch-${kernel}`);
    expect((await verb("export", ["--model", models.get(kernel)!, "--to", "pytorch", "--out", out])).code).toBe(0);
    const back = room.at(`back-${kernel}.safetensors`);
    const files = [
      "--generator",
      `${out}/generator.safetensors`,
      "--discriminator",
      `${out}/discriminator.safetensors`,
    ];
    expect((await verb("import", [...files, "--out", back])).code).toBe(0);
    const [before, after] = [models.get(kernel)!, back].map(async (path) => decodeModel(await readFile(path)));
    expect((await after)!.config).toEqual({ ...CONFIG, kernel, z: "normal" });
    const [ours, theirs] = [(await before)!.values, (await after)!.values];
    for (const [name, values] of ours) {
      // Biases before a norm have moved into its mean.
      if (/biases|moving_mean/.test(name)) continue;
      expect(theirs.get(name), name).toEqual(values);
    }
    const z = latents(1, 0, 2, CONFIG.nz);
    expect(await paint(back, z)).toBeAllClose(await paint(models.get(kernel)!, z), { atol: 1e-5 });
  });

  it("names and shapes are those of the example", async () => {
    const out = room.at("torch-4");
    const read = async (name: string) => readSafetensors(await readFile(`${out}/${name}.safetensors`)).tensors;
    const shapes = (tensors: Awaited<ReturnType<typeof read>>) =>
      Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape.join("×")]));
    expect(shapes(await read("generator"))).toEqual({
      "main.0.weight": "8×8×4×4",
      ...norm("main.1", 8),
      "main.3.weight": "8×4×4×4",
      ...norm("main.4", 4),
      "main.6.weight": "4×3×4×4",
    });
    expect(shapes(await read("discriminator"))).toEqual({
      "main.0.weight": "4×3×4×4",
      "main.2.weight": "8×4×4×4",
      ...norm("main.3", 8),
      "main.5.weight": "1×8×4×4",
    });
  });

  it("a transposed convolution means the same there: y[s·i + k − 1] += x[i]·w[k]", async () => {
    // The example's first layers, in plain loops over its own tensors: 1×1 → 4×4, norm, ReLU, 4×4 → 8×8.
    const tensors = readSafetensors(await readFile(`${room.at("torch-4")}/generator.safetensors`)).tensors;
    const get = (name: string) => tensors.get(name)!.values;
    const z = latents(3, 0, 1, 8);
    let side = 4;
    let x = new Float64Array(8 * 16);
    for (let i = 0; i < 8; i++) for (let at = 0; at < 128; at++) x[at]! += z[i]! * get("main.0.weight")[i * 128 + at]!;
    for (const [normPlace, convPlace, inside, outside] of [
      ["main.1", "main.3", 8, 4],
      ["main.4", "main.6", 4, 3],
    ] as const) {
      const area = side * side;
      x = x.map((value, at) => {
        const c = Math.floor(at / area);
        const [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
          (name) => get(`${normPlace}.${name}`)[c]!,
        ) as [number, number, number, number];
        return Math.max(0, ((value - mean) / Math.sqrt(variance + 1e-5)) * gamma + beta);
      });
      const y = new Float64Array(outside * 4 * area);
      const weight = get(`${convPlace}.weight`);
      for (let p = 0; p < inside; p++)
        for (let q = 0; q < outside; q++)
          for (let at = 0; at < area; at++)
            for (let k = 0; k < 16; k++) {
              const row = 2 * Math.floor(at / side) + Math.floor(k / 4) - 1;
              const column = 2 * (at % side) + (k % 4) - 1;
              if (row < 0 || column < 0 || row >= 2 * side || column >= 2 * side) continue;
              y[(q * 2 * side + row) * 2 * side + column]! += x[p * area + at]! * weight[(p * outside + q) * 16 + k]!;
            }
      x = y;
      side *= 2;
    }
    const ours = await paint(models.get(4)!, z);
    const theirs = Float32Array.from(ours, (_, at) => Math.tanh(x[(at % 3) * 256 + Math.floor(at / 3)]!));
    expect(ours).toBeAllClose(theirs, { atol: 1e-5 });
  });

  it("says what is no such model", async () => {
    const args = ["--generator", models.get(4)!, "--discriminator", models.get(4)!, "--out", room.at("no.safetensors")];
    expect(await verb("import", args)).toMatchObject({
      code: 5,
      err: expect.stringContaining("PyTorch's DCGAN example"),
    });
  });
});

it("ONNX models paint and judge as ours do", async () => {
  const out = room.at("onnx");
  const args = ["--model", models.get(5)!, "--to", "onnx", "--batch", "2", "--out", out];
  expect((await verb("export", args)).code).toBe(0);
  expect((await verb("export", args)).code).toBe(2);
  const z = latents(1, 0, 2, CONFIG.nz);
  const generator = await ort.InferenceSession.create(`${out}/generator.onnx`);
  expect(generator.inputNames).toEqual(["z"]);
  const { images } = await generator.run({ z: new ort.Tensor("float32", z, [2, CONFIG.nz]) });
  expect(images!.data as Float32Array).toBeAllClose(await paint(models.get(5)!, z), { atol: 1e-4 });
  const discriminator = await ort.InferenceSession.create(`${out}/discriminator.onnx`);
  const { logits } = await discriminator.run({ images: images! });
  expect(logits!.dims).toEqual([2, 1]);
});

it("writes models of half the size", async () => {
  const [path, from] = [room.at("half.safetensors"), models.get(5)!];
  expect((await verb("export", ["--model", from, "--to", "float16", "--out", path])).code).toBe(0);
  expect((await readFile(path)).length).toBeLessThan(0.6 * (await readFile(from)).length);
  const z = latents(1, 0, 2, CONFIG.nz);
  expect(await paint(path, z)).toBeAllClose(await paint(from, z), { atol: 1e-3 });
});

function norm(place: string, channels: number): Record<string, string> {
  return Object.fromEntries(
    ["weight", "bias", "running_mean", "running_var"].map((name) => [`${place}.${name}`, `${channels}`]),
  );
}
