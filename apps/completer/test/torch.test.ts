/** PyTorch's own files in, and files for PyTorch out, held against PyTorch where Python has it. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { type DcganConfig, decodeModel, encodeModel, modelSpecs } from "@kintsugi/dcgan";
import {
  type NamedValues,
  normal,
  PURPOSE,
  readSafetensors,
  type SafetensorsTensor,
  writeSafetensors,
} from "@kintsugi/nn";
import ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toOnnxFiles } from "../src/exchange/onnx.js";
import { readPickle } from "../src/exchange/pickle.js";
import { readTorch } from "../src/exchange/pth.js";
import { CONFIG, createRoom, type Room, verb } from "./room.js";

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url).pathname;
const PYTHON = ["/usr/bin/python3", "python3"].find(
  (path) => spawnSync(path, ["-c", "import torch"], { stdio: "ignore" }).status === 0,
);
const NONE = "no Python here has torch (on Debian: apt-get install python3-torch)";

let room: Room;
beforeAll(async () => {
  room = await createRoom();
});
afterAll(() => room.remove());

const bring = (generator: string, discriminator: string, out: string) =>
  verb("import", ["--generator", generator, "--discriminator", discriminator, "--out", room.at(out), "--overwrite"]);

describe("import", () => {
  it("reads what torch.save wrote, and what safetensors.torch would have, to the same bytes", async () => {
    expect(await bring(fixture("netG.pth"), fixture("netD.pth"), "a.safetensors")).toMatchObject({ code: 0 });
    const plain = async (name: string, prefix = "", dtype: "F32" | "F16" = "F32") => {
      const tensors = await readTorch(await readFile(fixture(name)));
      const named = [...tensors].map(([key, tensor]): [string, SafetensorsTensor] => [
        `${prefix}${key}`,
        { ...(tensor as SafetensorsTensor & { dtype: "F32" }), dtype },
      ]);
      const path = room.at(`${prefix}${dtype}-${name}.safetensors`);
      await writeFile(path, writeSafetensors(new Map(named)));
      return path;
    };
    const [g, d] = [await plain("netG.pth", "module."), await plain("netD.pth", "module.")];
    expect(await bring(g, d, "b.safetensors")).toMatchObject({ code: 0 });
    expect(await readFile(room.at("b.safetensors"))).toEqual(await readFile(room.at("a.safetensors")));
    const halves = [await plain("netG.pth", "", "F16"), await plain("netD.pth", "", "F16")] as const;
    expect(await bring(...halves, "c.safetensors")).toMatchObject({ code: 0 });
  });

  it("passes over num_batches_tracked", async () => {
    const tensors = await readTorch(await readFile(fixture("netG.pth")));
    expect([...tensors.keys()].filter((name) => /num_batches/.test(name))).toEqual([]);
    expect(tensors.get("main.0.weight")!.shape).toEqual([4, 4, 4, 4]);
  });

  it("reads a checkpoint that holds one state dict, float16 and bfloat16", async () => {
    const tensors = await readTorch(await readFile(fixture("kinds.pth")));
    const { half, brain, double, turned } = Object.fromEntries(tensors);
    expect([...tensors.keys()]).toEqual(["half", "brain", "double", "turned"]);
    expect([half, brain, double].map((tensor) => [...tensor!.values])).toEqual([
      [1.5, -2],
      [1.5, -2],
      [Math.fround(0.1), -2],
    ]);
    // A view with its axes turned: rows are columns of the storage.
    expect([turned!.shape, [...turned!.values]]).toEqual([
      [2, 3],
      [0, 2, 4, 1, 3, 5],
    ]);
  });

  it("refuses everything else, and runs nothing", async () => {
    const refused = [
      ["whole module", "module.pth"],
      ["before version 1.6", "old.pth"],
      ["a call of os.system", "evil.pth"],
    ] as const;
    for (const [, name] of refused) {
      const { code, err } = await bring(fixture(name), fixture("netD.pth"), "no.safetensors");
      expect([code, err]).toEqual([5, expect.stringMatching(new RegExp(`cannot read .*${name}: .*save_file`, "s"))]);
    }
    expect(() => readPickle(Buffer.from("cos\nsystem\n(S'x'\ntR."))).toThrow("which is never run here");
    const whole = await readFile(fixture("netG.pth"));
    for (const end of [10, 500, whole.length - 30]) {
      await expect(readTorch(whole.subarray(0, end))).rejects.toThrow(/cut short/);
    }
  });

  it("names the file and the tensor that has NaN", async () => {
    const tensors = await readTorch(await readFile(fixture("netG.pth")));
    tensors.get("main.0.weight")!.values[3] = Number.NaN;
    await writeFile(room.at("nan.safetensors"), writeSafetensors(tensors));
    const { code, err } = await bring(room.at("nan.safetensors"), fixture("netD.pth"), "no.safetensors");
    expect([code, err]).toEqual([
      5,
      expect.stringMatching(/nan\.safetensors: main\.0\.weight has 1 of \d+ values that/),
    ]);
  });
});

/** What our own networks paint and judge, through ONNX Runtime. */
async function ours(config: DcganConfig, values: NamedValues, z: Float32Array) {
  const files = toOnnxFiles({ config, values, metadata: {} }, 2);
  const run = async (bytes: Uint8Array, feed: Record<string, ort.Tensor>, name: string) => {
    const session = await ort.InferenceSession.create(bytes);
    return (await session.run(feed))[name]!;
  };
  const images = await run(files.generator, { z: new ort.Tensor("float32", z, [2, config.nz]) }, "images");
  const logits = await run(files.discriminator, { images }, "logits");
  return { images: [...(images.data as Float32Array)], logits: [...(logits.data as Float32Array)] };
}

/** As training leaves it: nothing is 0, no two channels are alike. */
async function moved(kernel: number): Promise<string> {
  const path = await room.model(`moved-${kernel}.safetensors`, { ...CONFIG, kernel });
  const { config, values } = decodeModel(await readFile(path));
  const all = [...values].map(([name, was], index): [string, Float32Array] => {
    const noise = normal({ seed: 3, purpose: PURPOSE.weights, index }, was.length, 0.1);
    return [name, was.map((value, at) => value + (/variance/.test(name) ? Math.abs(noise[at]!) : noise[at]!))];
  });
  await writeFile(path, encodeModel(config, modelSpecs(config), new Map(all)));
  return path;
}

describe("export --to pytorch", () => {
  it.each([4, 5])(
    "kernel %i: biases that the example lacks give shapes that it refuses, and come back",
    async (kernel) => {
      const [model, out] = [await moved(kernel), room.at(`refused-${kernel}`)];
      expect(await verb("export", ["--model", model, "--to", "pytorch", "--out", out])).toMatchObject({ code: 0 });
      const shapes = async (name: string) => readSafetensors(await readFile(`${out}/${name}.safetensors`)).tensors;
      expect((await shapes("generator")).get("main.0.weight")!.shape).toEqual([8, 8, 4, 4, 1]);
      expect((await shapes("discriminator")).get("main.0.weight")!.shape).toHaveLength(5);
      const files = [`${out}/generator.safetensors`, `${out}/discriminator.safetensors`] as const;
      expect(await bring(...files, `again-${kernel}.safetensors`)).toMatchObject({ code: 0 });
    },
  );

  it.each([4, 5])("kernel %i: load.py paints and judges what we do", async (kernel) => {
    if (!PYTHON) return console.warn(`skipped: ${NONE}`);
    const [model, out] = [await moved(kernel), room.at(`torch-${kernel}`)];
    expect(await verb("export", ["--model", model, "--to", "pytorch", "--out", out])).toMatchObject({ code: 0 });
    const { config, values } = decodeModel(await readFile(model));
    const z = normal({ seed: 5, purpose: PURPOSE.samples, index: 0 }, 2 * config.nz, 1);
    const program = `
import sys, json, torch
sys.path.insert(0, ${JSON.stringify(out)})
import load
z = torch.tensor(json.loads(sys.stdin.read())).reshape(2, -1)
with torch.no_grad():
    images = load.load_generator()(z)
    print(json.dumps([images.permute(0, 2, 3, 1).flatten().tolist(), load.load_discriminator()(images).tolist()]))
try:
    example = torch.nn.Module(); example.main = torch.nn.Sequential(torch.nn.Conv2d(${config.channels}, ${config.ndf}, ${kernel}, bias=False))
    example.load_state_dict(load.read(${JSON.stringify(`${out}/discriminator.safetensors`)}), strict=False)
    print("loaded")
except RuntimeError as error:
    print("refused" if "size mismatch" in str(error) else error)
`;
    const said = execFileSync(PYTHON, ["-c", program], { input: JSON.stringify([...z]), encoding: "utf8" }).split("\n");
    const [theirs, judged] = JSON.parse(said[0]!) as [number[], number[]];
    expect(said[1]).toBe("refused");
    const { images, logits } = await ours(config, values, z);
    const furthest = Math.max(...images.map((value, i) => Math.abs(value - theirs[i]!)));
    expect(furthest).toBeLessThan(1e-5);
    expect(Math.max(...logits.map((value, i) => Math.abs(value - judged[i]!)))).toBeLessThan(1e-3);
  });
});
