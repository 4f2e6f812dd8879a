import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors, SafetensorsError, type SafetensorsTensor, writeSafetensors } from "../src/safetensors.js";

const GOLDENS = ["kernels", "dcgan", "completion"].map(
  (room) => new URL(`../../${room}/test/goldens/`, import.meta.url),
);
const FULL_GOLDENS = new URL("../../../../shared/goldens/", import.meta.url);

function filesIn(folder: URL): URL[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  return names.map((name) => new URL(name, folder));
}

/** A file with any header, right or wrong. */
function fileOf(header: unknown, valueBytes = 0, json = JSON.stringify(header)): Uint8Array {
  const text = new TextEncoder().encode(json);
  const file = new Uint8Array(8 + text.length + valueBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** The same bytes at an offset that suits no typed array. */
function unaligned(bytes: Uint8Array): Uint8Array {
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  return shifted.subarray(3);
}

const example = new Map<string, SafetensorsTensor>([
  ["step", { shape: [], dtype: "I32", values: Int32Array.of(-7) }],
  ["weight", { shape: [2, 3], dtype: "F32", values: Float32Array.of(1, -0, 1e-45, 3.5, Number.NaN, -Infinity) }],
  ["mask", { shape: [3], dtype: "U8", values: Uint8Array.of(0, 1, 255) }],
  ["half", { shape: [3], dtype: "F16", values: Float32Array.of(1, -2.5, 65504) }],
  ["empty", { shape: [0, 4], dtype: "F32", values: new Float32Array(0) }],
  ['generator/g_h1/w ü "quoted"', { shape: [1], dtype: "F32", values: Float32Array.of(2) }],
]);

describe("round trips", () => {
  it("types, shapes, odd names and metadata", () => {
    const metadata = { format: "kintsugi", note: "line\nbreak ⌈x⌉" };
    const read = readSafetensors(writeSafetensors(example, metadata));
    expect(read.metadata).toEqual(metadata);
    expect(new Map([...read.tensors].sort())).toEqual(new Map([...example].sort()));
  });

  it("an empty file, and one without metadata", () => {
    const bytes = writeSafetensors(new Map());
    expect(bytes).toHaveLength(16);
    expect(readSafetensors(bytes)).toEqual({ tensors: new Map(), metadata: {} });
  });

  it("keeps a tensor and a key named __proto__", () => {
    const tensor: SafetensorsTensor = { shape: [1], dtype: "F32", values: Float32Array.of(4) };
    const metadata = JSON.parse('{"__proto__":"yes"}') as Record<string, string>;
    const read = readSafetensors(writeSafetensors(new Map([["__proto__", tensor]]), metadata));
    expect(read.tensors.get("__proto__")).toEqual(tensor);
    expect(Object.entries(read.metadata)).toEqual([["__proto__", "yes"]]);
  });

  const files = [...GOLDENS.flatMap(filesIn), ...filesIn(FULL_GOLDENS)];
  it.each(files.map((url) => [url.pathname.split("/").slice(-4).join("/"), url] as const))("golden %s", (_, url) => {
    const bytes = readFileSync(url);
    const read = readSafetensors(bytes);
    const written = writeSafetensors(read.tensors, read.metadata);
    const again = readSafetensors(written);
    expect(again.metadata).toEqual(read.metadata);
    expect([...again.tensors.keys()]).toEqual([...read.tensors.keys()]);
    for (const [name, { shape, dtype }] of read.tensors)
      expect(again.tensors.get(name)).toMatchObject({ shape, dtype });
    // Another program wrote these, with the same order of tensors: the values must be the same bytes.
    const values = (file: Uint8Array) => Buffer.from(file.subarray(8 + Buffer.from(file).readUInt32LE(0)));
    expect(values(written).equals(values(bytes))).toBe(true);
  });

  it("has golden files to try", () => {
    expect(files.length).toBeGreaterThanOrEqual(7);
  });
});

describe("bytes", () => {
  it("do not depend on the order of tensors and metadata", () => {
    const backwards = new Map([...example].reverse());
    expect(writeSafetensors(backwards, { b: "2", a: "1" })).toEqual(writeSafetensors(example, { a: "1", b: "2" }));
  });

  it("hold the length, the padded header, and 4-byte items before 2 and 1, by name", () => {
    const bytes = writeSafetensors(example, { b: "2", a: "1" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(text).toMatch(
      /^\{"__metadata__":\{"a":"1","b":"2"\},"empty":\{"dtype":"F32","shape":\[0,4\],"data_offsets":\[0,0\]\},.*\} *$/,
    );
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      "__metadata__",
      "empty",
      'generator/g_h1/w ü "quoted"',
      "step",
      "weight",
      "half",
      "mask",
    ]);
  });

  it("are viewed where they are aligned, and copied where not", () => {
    const bytes = writeSafetensors(example);
    expect(readSafetensors(bytes).tensors.get("weight")?.values.buffer).toBe(bytes.buffer);
    const shifted = unaligned(bytes);
    const read = readSafetensors(shifted);
    expect(read).toEqual(readSafetensors(bytes));
    expect(read.tensors.get("weight")?.values.buffer).not.toBe(shifted.buffer);
  });

  it("of tensors that are parts of larger arrays", () => {
    const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const bytes = writeSafetensors(new Map([["x", { shape: [2], dtype: "F32", values }]]));
    expect(readSafetensors(bytes).tensors.get("x")?.values).toEqual(Float32Array.of(2, 3));
  });
});

describe("F16", () => {
  const trip = (...values: number[]) =>
    readSafetensors(
      writeSafetensors(new Map([["x", { shape: [values.length], dtype: "F16", values: Float32Array.from(values) }]])),
    ).tensors.get("x")?.values;

  it("keeps every one of the 65,536 bit patterns but the payload of NaN", () => {
    const header = { x: { dtype: "F16", shape: [65536], data_offsets: [0, 131072] } };
    const bytes = fileOf(header, 131072);
    const start = bytes.length - 131072;
    const view = new DataView(bytes.buffer);
    for (let bits = 0; bits < 65536; bits++) view.setUint16(start + 2 * bits, bits, true);
    const written = writeSafetensors(readSafetensors(bytes).tensors);
    const result = new DataView(written.buffer, written.length - 131072);
    const changed: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      const quiet = (bits & 0x7fff) > 0x7c00;
      if (result.getUint16(2 * bits, true) !== (quiet ? 0x7e00 : bits)) changed.push(bits);
    }
    expect(changed).toEqual([]);
  });

  it("decodes known values", () => {
    const bytes = fileOf({ x: { dtype: "F16", shape: [5], data_offsets: [0, 10] } }, 10);
    const view = new DataView(bytes.buffer, bytes.length - 10);
    [0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555].forEach((bits, at) => {
      view.setUint16(2 * at, bits, true);
    });
    const expected = [1, -2, 65504, 2 ** -24, 0.333251953125];
    expect(readSafetensors(bytes).tensors.get("x")?.values).toEqual(Float32Array.from(expected));
  });

  it("rounds to the nearest, ties to even, through subnormals and into the next exponent", () => {
    const ulp = 2 ** -10;
    expect(trip(1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp)).toEqual(Float32Array.of(1, 1 + 2 * ulp, 1 + ulp));
    expect(trip(2 - ulp / 4, 65519)).toEqual(Float32Array.of(2, 65504));
    expect(trip(2 ** -25, 3 * 2 ** -25, 2 ** -14 - 2 ** -26)).toEqual(Float32Array.of(0, 2 ** -23, 2 ** -14));
    expect(trip(-0, -1e-10)).toEqual(Float32Array.of(-0, -0));
  });

  it("refuses to turn a finite value into infinity", () => {
    expect(() => trip(1, 65520)).toThrow(new SafetensorsError("x: 65520 exceeds F16"));
    expect(trip(Infinity)).toEqual(Float32Array.of(Infinity));
  });
});

describe("malformed files", () => {
  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });
  const long = fileOf({});
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);

  it.each<[string, Uint8Array, string]>([
    ["no header length", new Uint8Array(7), "truncated: 7 bytes, the header length alone takes 8"],
    ["a header over 100 MB", long, "not a safetensors file: header of 100000001 bytes, the limit is 100000000"],
    [
      "a cut header",
      fileOf({ x: f32(0, 4) }, 4).subarray(0, 20),
      "truncated: the header ends at byte 62, the file at 20",
    ],
    ["no JSON", fileOf(0, 0, "{oops}"), "the header is not JSON in UTF-8"],
    ["no UTF-8", fileOf(0, 0, "{}  ").fill(0xff, 10), "the header is not JSON in UTF-8"],
    ["no object", fileOf([]), "the header is not a JSON object"],
    ["metadata that is no object", fileOf({ __metadata__: "x" }), "__metadata__ is not a JSON object"],
    ["metadata that is no string", fileOf({ __metadata__: { a: 1 } }), "metadata a is not a string"],
    [
      "a name twice",
      fileOf(0, 4, `{"x":${JSON.stringify(f32(0, 4))},"\\u0078" :${JSON.stringify(f32(0, 4))}}`),
      "the header names x twice",
    ],
    ["a metadata key twice", fileOf(0, 0, '{"__metadata__":{"a":"}{","a":"2"}}'), "the header names a twice"],
    ["an entry that is no object", fileOf({ x: 1 }), "x: the header entry is not a JSON object"],
    [
      "an unknown type",
      fileOf({ x: { ...f32(0, 4), dtype: "BF16" } }, 4),
      'x: dtype "BF16" is not one of F32, I32, F16, U8',
    ],
    [
      "no type",
      fileOf({ x: { shape: [], data_offsets: [0, 4] } }, 4),
      "x: dtype undefined is not one of F32, I32, F16, U8",
    ],
    ["a negative size", fileOf({ x: f32(0, 4, [-1]) }, 4), "x: shape [-1] is not a list of sizes"],
    ["a fractional size", fileOf({ x: f32(0, 4, [1.5]) }, 4), "x: shape [1.5] is not a list of sizes"],
    [
      "a size beyond integers",
      fileOf({ x: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4),
      `x: shape [${2 ** 40},${2 ** 40}] is no valid shape`,
    ],
    ["backward offsets", fileOf({ x: f32(4, 0, [1]) }, 4), "x: data_offsets [4,0] is not [begin, end]"],
    [
      "three offsets",
      fileOf({ x: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, 4),
      "x: data_offsets [0,4,8] is not [begin, end]",
    ],
    [
      "a size that contradicts the shape",
      fileOf({ x: f32(0, 8, [3]) }, 8),
      "x: F32 [3] takes 12 bytes, data_offsets has 8",
    ],
    ["an overlap", fileOf({ x: f32(0, 8), y: f32(4, 12) }, 12), "y begins at 4 and overlaps x, which ends at 8"],
    ["a gap", fileOf({ x: f32(0, 4), y: f32(8, 12) }, 12), "4 bytes between x and y belong to no tensor"],
    ["a gap before the first", fileOf({ x: f32(4, 8) }, 8), "4 bytes between the header and x belong to no tensor"],
    ["bytes left over", fileOf({ x: f32(0, 4) }, 6), "2 bytes after x belong to no tensor"],
    ["cut values", fileOf({ x: f32(0, 4), y: f32(4, 8) }, 7), "truncated: y ends at 8, the values at 7"],
  ])("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(new SafetensorsError(message));
  });

  it("a header with a long metadata string is walked without trouble", () => {
    const metadata = { text: 'a\\"{'.repeat(1_000_000) };
    expect(readSafetensors(writeSafetensors(new Map(), metadata)).metadata).toEqual(metadata);
  });

  it("tensors that cannot be written", () => {
    const values = Float32Array.of(1, 2);
    const write = (name: string, shape: number[]) => () =>
      writeSafetensors(new Map([[name, { shape, dtype: "F32", values }]]));
    expect(write("x", [3])).toThrow(new SafetensorsError("x: shape [3] has 3 elements, values has 2"));
    expect(write("x", [-2, -1])).toThrow(new SafetensorsError("x: shape [-2,-1] is no valid shape"));
    expect(write("__metadata__", [2])).toThrow(new SafetensorsError("a tensor may not be called __metadata__"));
    const metadata = { a: 1 } as unknown as Record<string, string>;
    expect(() => writeSafetensors(new Map(), metadata)).toThrow(new SafetensorsError("metadata a is not a string"));
  });
});
