import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crc32c } from "../src/checksum.js";
import {
  readSafetensors,
  readSafetensorsHeader,
  SafetensorsError,
  type SafetensorsTensor,
  writeSafetensors,
} from "../src/safetensors.js";

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
    expect(readSafetensors(bytes)).toEqual({ tensors: new Map(), others: new Map(), metadata: {} });
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

describe("files of others", () => {
  /** One tensor behind a header that no writer of ours would pad like this. */
  const unpadded = (dtype: string, shape: readonly number[], values: Uint8Array) => {
    for (let blanks = 0; ; blanks++) {
      const header = { x: { dtype, shape, data_offsets: [0, values.length] } };
      const file = fileOf(0, values.length, JSON.stringify(header) + " ".repeat(blanks));
      file.set(values, file.length - values.length);
      if ((file.length - values.length) % 2 === 1) return file;
    }
  };
  const values = Float32Array.of(1, -2.5, 3e-8);
  const file = unpadded("F32", [3], new Uint8Array(values.buffer));
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  const odd = Buffer.alloc(file.length + 1);
  odd.set(file, 1);

  it.each([
    ["a Uint8Array", file],
    ["a Buffer", Buffer.from(file)],
    ["a Buffer at an odd place", odd.subarray(1)],
    ["a view at an odd place", unaligned(file)],
    ["shared memory", shared],
  ])("read unpadded headers from %s", (_, bytes) => {
    expect(readSafetensors(bytes).tensors.get("x")?.values).toEqual(values);
  });

  it("read BF16 and F64 as float32, and pass over what they cannot hold", () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, -2, 1e-300).buffer);
    expect(readSafetensors(unpadded("F64", [3], doubles)).tensors.get("x")).toEqual({
      dtype: "F32",
      shape: [3],
      values: Float32Array.of(0.1, -2, 0),
    });
    // 1, −2.5 and the largest number below 2 of eight significant bits.
    const brain = new Uint8Array(Uint16Array.of(0x3f80, 0xc020, 0x3fff).buffer);
    expect(readSafetensors(unpadded("BF16", [3], brain)).tensors.get("x")?.values).toEqual(
      Float32Array.of(1, -2.5, 2 - 2 ** -7),
    );
    const read = readSafetensors(unpadded("I64", [], new Uint8Array(8)));
    expect([...read.tensors.keys(), ...read.others]).toEqual([["x", { dtype: "I64", shape: [] }]]);
    expect(readSafetensors(fileOf({ __metadata__: null })).metadata).toEqual({});
  });
});

describe("checksums", () => {
  const bytes = writeSafetensors(example, { note: "x" }, { checksums: true });

  it("are those of RFC 3720", () => {
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe("8a9136aa");
    expect(crc32c(new Uint8Array(20), crc32c(new Uint8Array(12))).toString(16)).toBe("8a9136aa");
    expect(crc32c(new TextEncoder().encode("123456789")).toString(16)).toBe("e3069283");
  });

  it("stay out of the metadata, and are not carried into files of other values", () => {
    const read = readSafetensors(bytes);
    expect(read.metadata).toEqual({ note: "x" });
    expect(readSafetensorsHeader(bytes, bytes.length).metadata.crc32c).toContain('"weight":"');
    const copied = writeSafetensors(new Map(), readSafetensorsHeader(bytes, bytes.length).metadata);
    expect(readSafetensorsHeader(copied, copied.length).metadata).toEqual({ note: "x" });
  });

  it("tell which tensor has a flipped bit", () => {
    for (const [name, { begin, end }] of readSafetensorsHeader(bytes, bytes.length).entries) {
      if (begin === end) continue;
      const flipped = bytes.slice();
      flipped[end - 1]! ^= 4;
      expect(() => readSafetensors(flipped)).toThrow(`the checksum of ${name} is wrong: the file is damaged`);
    }
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
    ["a header over 100 MB", long, "it is no safetensors file: its first bytes are no length of a header"],
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
      "a known type of another size",
      fileOf({ x: { ...f32(0, 4), dtype: "I64" } }, 4),
      "x: I64 [1] takes 8 bytes, data_offsets has 4",
    ],
    ["no type", fileOf({ x: { shape: [], data_offsets: [0, 4] } }, 4), "x: dtype undefined is not a name"],
    ["an empty file", new Uint8Array(), "it is empty: copy or download it again"],
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

  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  it.each<[string, string]>([
    ["as an entry", `{"x":${nested(200_000)}}`],
    ["as a shape", `{"x":{"dtype":"F32","shape":${nested(200_000)},"data_offsets":[0,4]}}`],
    ["as a type", `{"x":{"dtype":${nested(200_000)},"shape":[1],"data_offsets":[0,4]}}`],
    ["as offsets", `{"x":{"dtype":"F32","shape":[1],"data_offsets":${nested(200_000)}}}`],
    ["as metadata", `{"__metadata__":{"a":${nested(200_000)}}}`],
    ["unfinished", "[".repeat(200_000)],
  ])("a header nested deep %s", (_, json) => {
    expect(() => readSafetensors(fileOf(0, 4, json))).toThrow(
      new SafetensorsError("the header is nested more than 16 levels deep"),
    );
  });

  it("are refused in a line, however long their names and values are", () => {
    const long = "x".repeat(500_000);
    const shape = Array<number>(100_000).fill(3);
    const files = [
      fileOf({ [long]: 1 }),
      fileOf({ [long]: { ...f32(0, 4), shape } }, 4),
      fileOf({ x: { ...f32(0, 4), shape: [...shape, -1] } }, 4),
      fileOf({ x: { ...f32(0, 4), data_offsets: shape } }, 4),
      fileOf({ [long]: f32(4, 8) }, 8),
      fileOf({ __metadata__: { [long]: 1 } }),
    ];
    for (const file of files) {
      const refused = (() => {
        try {
          return String(readSafetensors(file).tensors.size);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
          return (error as Error).message;
        }
      })();
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.length).toBeLessThan(240);
    }
  });

  it.each<[string, Uint8Array | string, string]>([
    ["an LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "git lfs pull"],
    ["a web page", "\n<!DOCTYPE html><html><head></head></html>", "a web page, saved in place of the file"],
    ["a zip of PyTorch's", "PK\x03\x04 and so on, for a while", "`kintsugi import` reads those"],
    ["a pickle", Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), "a pickle"],
    ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), "unpack it first"],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0), "a PNG picture"],
    ["a text", "learning rate: 0.0002\n", "it is text"],
  ])("that are %s are named as such", (_, content, expected) => {
    const bytes = typeof content === "string" ? Uint8Array.from(content, (sign) => sign.charCodeAt(0)) : content;
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => readSafetensors(bytes)).toThrow(expected);
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
