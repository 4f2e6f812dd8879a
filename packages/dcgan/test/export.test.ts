/** A generator as an ONNX model: our names and shapes, weights inside, and the same pictures as here. */
import * as ops from "@kintsugi/autodiff";
import { createVariables, State } from "@kintsugi/nn";
import { toOnnx } from "@kintsugi/onnx";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { expect, test } from "vitest";
import "../../kernels/test/close.js";
import { random } from "../../backend-webgpu/test/bench.js";
import { type DcganConfig, generator, generatorSpecs } from "../src/index.js";

const config: DcganConfig = { size: 32, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
const variables = createVariables(generatorSpecs(config));
const weights = new Map(
  [...variables].map(([name, variable], i) => {
    const values = random(ops.sizeOf(variable.shape), i);
    return [variable, name.endsWith("moving_variance") ? values.map((value) => 0.5 + value ** 2) : values];
  }),
);
const z = ops.input("z", [2, config.nz]);
const images = generator(new State(variables), config, z, { training: false });
const program = { name: "generator", outputs: { images } };

test("gives the pictures that the back end gives, under the names and shapes of the graph", async () => {
  const backend = await openNodeBackend();
  for (const [variable, values] of weights) backend.write(variable, values);
  const compiled = await backend.compile(program);
  const given = random(2 * config.nz, 1);
  await compiled.run({ z: given });
  const { images: expected } = await compiled.read("images");

  const exported = toOnnx(program, weights);
  expect(exported.variables).toEqual([]);
  const { InferenceSession, Tensor } = backend.runtime;
  const session = await InferenceSession.create(exported.bytes);
  expect(session.inputMetadata).toMatchObject([{ name: "z", type: "float32", shape: [2, 8] }]);
  expect(session.outputMetadata).toMatchObject([{ name: "images", type: "float32", shape: [2, 32, 32, 3] }]);
  const result = await session.run({ z: new Tensor("float32", given, [2, config.nz]) });
  // With weights that cannot change the runtime folds what it can, and so rounds elsewhere.
  expect(result.images!.data as Float32Array).toBeAllClose(expected!, { atol: 1e-5 });
  backend.destroy();
});

test("has standard operators alone, and the weights under their names", () => {
  const text = Buffer.from(toOnnx(program, weights).bytes).toString("latin1");
  for (const { name } of generatorSpecs(config)) expect(text).toContain(name);
  expect(text).not.toContain("com.microsoft");
});

test("refuses weights of another size", () => {
  const [first] = weights.keys();
  expect(() => toOnnx(program, new Map([[first!, new Float32Array(3)]]))).toThrow("cannot hold 3 values");
});
