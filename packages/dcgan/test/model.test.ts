import { initialValues, readSafetensorsHeader, writeSafetensors } from "@kintsugi/nn";
import { describe, expect, it } from "vitest";
import { checkConfig, type DcganConfig, decodeModel, encodeModel, ModelError, modelSpecs } from "../src/index.js";

const config: DcganConfig = { size: 16, channels: 1, nz: 4, ngf: 2, ndf: 2, kernel: 5 };
const specs = modelSpecs(config);
const values = () => new Map(initialValues(specs, 1));

describe("decodeModel", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("names the tensor that has %s", (value) => {
    for (const name of ["generator/g_h1/w", "discriminator/d_h0_conv/biases"]) {
      const damaged = values();
      damaged.set(
        name,
        Float32Array.from(damaged.get(name)!, (own, i) => (i === 1 ? value : own)),
      );
      const bytes = encodeModel(config, specs, damaged);
      expect(() => decodeModel(bytes)).toThrow(ModelError);
      expect(() => decodeModel(bytes)).toThrow(
        new RegExp(`^${name} has 1 of \\d+ values that are NaN or infinite: the model is damaged`),
      );
    }
  });

  it("names the tensor whose bits were flipped, and still reads files without checksums", () => {
    const bytes = encodeModel(config, specs, values());
    const { entries, metadata } = readSafetensorsHeader(bytes, bytes.length);
    const { begin } = entries.get("generator/g_h1/w")!;
    bytes[begin + 1]! ^= 1;
    expect(() => decodeModel(bytes)).toThrow(
      new ModelError("the checksum of generator/g_h1/w is wrong: the file is damaged; copy or download it again"),
    );
    const tensors = specs.map(
      ({ name, shape }) => [name, { dtype: "F32" as const, shape, values: values().get(name)! }] as const,
    );
    const plain = writeSafetensors(new Map(tensors), metadata);
    expect(decodeModel(plain).values).toEqual(new Map([...decodeModel(encodeModel(config, specs, values())).values]));
  });

  it("sends PyTorch's tensors to where they are read", () => {
    const tensor = { dtype: "F32" as const, shape: [1], values: Float32Array.of(1) };
    for (const name of ["main.0.weight", "module.main.0.weight"]) {
      expect(() => decodeModel(writeSafetensors(new Map([[name, tensor]])))).toThrow(/kintsugi import/);
    }
  });

  it("refuses a configuration that is none", () => {
    for (const text of ["null", "1", '"x"', "[]", '{"size":{"a":1}}', `{"size":"${"x".repeat(100_000)}"}`]) {
      const bytes = writeSafetensors(new Map(), { "kintsugi.config": text });
      expect(() => decodeModel(bytes)).toThrow(ModelError);
      expect(() => decodeModel(bytes)).toThrow(/^.{10,120}$/);
    }
    expect(checkConfig(config)).toBe(config);
  });
});
