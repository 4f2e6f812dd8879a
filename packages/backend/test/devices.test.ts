/** Which back end opens, and that a run may be stopped on one and resumed on the other. */
import { sizeOf } from "@kintsugi/autodiff";
import { describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import { random } from "../../backend-webgpu/test/bench.js";
import { type DcganConfig, DEFAULT_TRAINING, Trainer, trainingSpecs } from "../../dcgan/src/index.js";
import { DEVICES, type DeviceChoice, openBackend } from "../src/index.js";

describe("openBackend", () => {
  test("opens what is asked for", async () => {
    const described = async (choice: DeviceChoice) => {
      const backend = await openBackend(choice);
      backend.destroy();
      return backend.description;
    };
    expect(DEVICES).toEqual(["auto", "gpu", "cpu"]);
    expect(await described("gpu")).toMatch(/^WebGPU: /);
    expect(await described("cpu")).toMatch(/^CPU: ONNX Runtime \d+\.\d+ \(\d+ threads?\)$/);
  });

  test("auto takes a real GPU, or says in one line why not", async () => {
    const notes: string[] = [];
    const backend = await openBackend("auto", (line) => notes.push(line));
    backend.destroy();
    if (backend.description.startsWith("WebGPU: ")) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringMatching(/^(no GPU|only a software adapter \(.+\)): .* ONNX Runtime/)]);
  });
});

describe("a run that goes on elsewhere", () => {
  const config: DcganConfig = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
  const options = { ...DEFAULT_TRAINING, batch: 4, lr: 2e-4, seed: 3 };
  const images = (step: number) => random(4 * sizeOf([16, 16, 3]), step);

  /** The state after some steps on a device, from the state of a run before it. */
  async function train(
    device: DeviceChoice,
    steps: number,
    from?: { values: Map<string, Float32Array>; step: number },
  ) {
    const backend = await openBackend(device);
    const trainer = await Trainer.create(backend, config, options, from);
    while (trainer.step < steps) await trainer.train(images(trainer.step));
    const values = await trainer.values();
    backend.destroy();
    return { values, step: steps };
  }

  test.each([
    ["gpu", "cpu"],
    ["cpu", "gpu"],
  ] as const)("from %s to %s gives the same to float tolerance", async (first, second) => {
    const whole = await train(first, 4);
    const resumed = await train(second, 4, await train(first, 2));
    for (const { name } of trainingSpecs(config)) {
      // Adam's first steps are of the size of lr (2e-4) whatever the gradient: rounding may move a small one by part of it.
      expect(resumed.values.get(name)!, name).toBeAllClose(whole.values.get(name)!, { atol: 5e-6, rel: 1e-4 });
    }
  });
});
