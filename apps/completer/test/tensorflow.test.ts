/** Checkpoints of TensorFlow, written here as TensorFlow writes them, and damaged ones. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type DcganConfig, decodeModel, modelSpecs } from "@kintsugi/dcgan";
import { maskedCrc32c, normal, PURPOSE } from "@kintsugi/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../src/exchange/sstable.js";
import { createRoom, type Room, verb } from "./room.js";

/** Kernel, sizes and channels as no default has them. */
const TINY: DcganConfig = { size: 32, channels: 1, nz: 6, ngf: 2, ndf: 3, kernel: 5 };

let room: Room;
beforeAll(async () => {
  room = await createRoom();
});
afterAll(() => room.remove());

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...varint(value >>> 7)]);
const fixed32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const bytesField = (field: number, bytes: number[]): number[] => [8 * field + 2, ...varint(bytes.length), ...bytes];
const numberField = (field: number, value: number): number[] => (value === 0 ? [] : [8 * field, ...varint(value)]);

/** A block with prefixes shared between restarts, and its trailer. */
function block(entries: readonly (readonly [string, number[]])[], compression = 0): number[] {
  const bytes: number[] = [];
  const restarts: number[] = [];
  let before = "";
  entries.forEach(([key, value], i) => {
    let shared = 0;
    if (i % 4 === 0) restarts.push(bytes.length);
    else while (shared < before.length && before[shared] === key[shared]) shared++;
    const own = [...Buffer.from(key.slice(shared))];
    bytes.push(...varint(shared), ...varint(own.length), ...varint(value.length), ...own, ...value);
    before = key;
  });
  bytes.push(...restarts.flatMap(fixed32), ...fixed32(restarts.length), compression);
  return [...bytes, ...fixed32(maskedCrc32c(Uint8Array.from(bytes)))];
}

function table(entries: readonly (readonly [string, number[]])[], compression = 0): Uint8Array {
  const file: number[] = [];
  const put = (bytes: number[]): number[] => {
    const handle = [...varint(file.length), ...varint(bytes.length - 5)];
    file.push(...bytes);
    return handle;
  };
  const index: [string, number[]][] = [];
  for (let first = 0; first < entries.length; first += 10) {
    const some = entries.slice(first, first + 10);
    index.push([some.at(-1)![0], put(block(some, compression))]);
  }
  const handles = [...put(block([])), ...put(block(index))];
  const padding = Array<number>(40 - handles.length).fill(0);
  return Uint8Array.from([...file, ...handles, ...padding, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]);
}

const sorted = (config: DcganConfig) =>
  [
    ...modelSpecs(config).map(({ name, shape }) => ({ name, shape: [...shape] })),
    // What later versions keep beside the networks.
    { name: "beta1_power", shape: [] as number[] },
  ].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Writes NAME.index and NAME.data-00000-of-00001; gives the values and where they lie. */
async function checkpoint(name: string, { compression = 0, config = TINY, shards = 1, dtype = 1 } = {}) {
  const values = new Map<string, Float32Array>();
  const data: Buffer[] = [];
  let offset = 0;
  const entries = sorted(config).map(({ name, shape }, index): [string, number[]] => {
    const length = shape.reduce((product, side) => product * side, 1);
    const drawn = normal({ seed: 2, purpose: PURPOSE.weights, index }, length, 1);
    values.set(name, drawn);
    const bytes = Buffer.from(drawn.buffer, drawn.byteOffset, 4 * length);
    data.push(bytes);
    const entry = [
      ...numberField(1, dtype),
      ...bytesField(
        2,
        shape.flatMap((side) => bytesField(2, numberField(1, side))),
      ),
      ...numberField(4, offset),
      ...numberField(5, bytes.length),
      8 * 6 + 5,
      ...fixed32(maskedCrc32c(bytes)),
    ];
    offset += bytes.length;
    return [name, entry];
  });
  const header = [...numberField(1, shards), ...bytesField(3, numberField(1, 1))];
  await writeFile(room.at(`${name}.index`), table([["", header], ...entries], compression));
  await writeFile(room.at(`${name}.data-00000-of-00001`), Buffer.concat(data));
  return values;
}

const run = (path: string, out: string) => verb("import", ["--checkpoint", room.at(path), "--out", room.at(out)]);

describe("import --checkpoint", () => {
  it("reads sizes and values, by either file or by the prefix", async () => {
    const values = await checkpoint("DCGAN.model-7");
    const names = ["DCGAN.model-7.index", "DCGAN.model-7.data-00000-of-00001", "DCGAN.model-7"];
    for (const [i, path] of names.entries()) {
      expect((await run(path, `back-${i}.safetensors`)).code).toBe(0);
      const back = decodeModel(await readFile(room.at(`back-${i}.safetensors`)));
      expect(back.config).toEqual(TINY);
      expect(back.metadata.source).toBe("dcgan-completion.tensorflow");
      for (const { name } of modelSpecs(TINY)) expect(back.values.get(name), name).toEqual(values.get(name));
    }
  });

  it("finds the latest in a folder", async () => {
    await mkdir(room.at("folder"));
    await checkpoint("folder/DCGAN.model-2");
    expect((await run("folder", "only.safetensors")).code).toBe(0);
    await checkpoint("folder/DCGAN.model-502");
    const several = await run("folder", "several.safetensors");
    expect([several.code, several.err]).toEqual([5, expect.stringMatching(/several checkpoints; name one/)]);
    await writeFile(room.at("folder/checkpoint"), 'model_checkpoint_path: "/somewhere/DCGAN.model-502"\n');
    expect((await run("folder", "latest.safetensors")).code).toBe(0);
  });

  const bytesOf = (name: string) => readFile(room.at(name));
  const damages: [string, RegExp, () => Promise<void>][] = [
    ["no data file", /no such file/, () => rm(room.at("bad.data-00000-of-00001"))],
    [
      "data cut short",
      /cannot read .*bad\.data.*cut short/,
      async () => writeFile(room.at("bad.data-00000-of-00001"), (await bytesOf(DATA)).subarray(0, -4000)),
    ],
    [
      "a changed weight",
      /checksum of discriminator\/d_bn1\/beta is wrong/,
      async () => {
        const bytes = await bytesOf(DATA);
        bytes[6]! ^= 1; // the first four are beta1_power's, which is not read
        await writeFile(room.at("bad.data-00000-of-00001"), bytes);
      },
    ],
    [
      "an index cut short",
      /cannot read .*bad\.index.*cut short/,
      async () => writeFile(room.at("bad.index"), (await bytesOf("good.index")).subarray(0, -3)),
    ],
    [
      "a changed index",
      /bad\.index.*checksum of its block/,
      async () => {
        const bytes = await bytesOf("good.index");
        bytes[40]! ^= 4;
        await writeFile(room.at("bad.index"), bytes);
      },
    ],
    ["no table at all", /cut short/, () => writeFile(room.at("bad.index"), "model_checkpoint_path")],
    ["compressed blocks", /Snappy/, async () => void (await checkpoint("bad", { compression: 1 }))],
    ["two data files", /2 data files/, async () => void (await checkpoint("bad", { shards: 2 }))],
    ["64-bit floats", /not float32/, async () => void (await checkpoint("bad", { dtype: 2 }))],
  ];
  const DATA = "good.data-00000-of-00001";

  it.each(damages)("refuses %s in one line, with exit code 5", async (_, line, damage) => {
    for (const name of ["good", "bad"]) await checkpoint(name);
    await damage();
    const { code, err } = await run("bad", "bad.safetensors");
    expect(code).toBe(5);
    expect(err).toMatch(line);
    expect(err.trim().split("\n")).toHaveLength(1);
    await expect(stat(room.at("bad.safetensors"))).rejects.toThrow();
  });

  it("wants one of both kinds", async () => {
    for (const args of [[], ["--generator", "g"], ["--checkpoint", "c", "--generator", "g"]]) {
      expect((await verb("import", [...args, "--out", room.at("none.safetensors")])).code).toBe(2);
    }
  });
});

/** A block of entries that share all of a long key but its last byte. */
function longKeys(count: number, length: number): Uint8Array {
  const first = [...varint(0), ...varint(length), ...varint(0), ...new Array<number>(length).fill(97)];
  const rest = Array.from({ length: count }, () => [...varint(length - 1), ...varint(1), ...varint(0), 98]).flat();
  return blockOf([...first, ...rest]);
}

/** Entries as they are, with one restart and the checksum. */
function blockOf(entries: readonly number[]): Uint8Array {
  const bytes = [...entries, ...fixed32(0), ...fixed32(1), 0];
  return Uint8Array.from([...bytes, ...fixed32(maskedCrc32c(Uint8Array.from(bytes)))]);
}

/** A table of one block of data, which its index names some times. */
function tableOf(data: Uint8Array, times = 1): Uint8Array {
  const place = [...varint(0), ...varint(data.length - 5)];
  const index = Array.from({ length: times }, () => [0, 1, ...varint(place.length), 122, ...place]).flat();
  const block = blockOf(index);
  const footer = [...varint(0), ...varint(0), ...varint(data.length), ...varint(block.length - 5)];
  const padded = [...footer, ...new Array<number>(40 - footer.length).fill(0)];
  return Buffer.concat([data, block, Uint8Array.from(padded), Buffer.from("57fb808b247547db", "hex")]);
}

it("reads an index in time proportional to its bytes, however long the names are", () => {
  // Copied in full, these names take 100,000 times 130,000 bytes.
  const table = readTable(tableOf(longKeys(100_000, 130_000)));
  expect(table.size).toBe(0);
  expect(readTable(tableOf(longKeys(3, 300))).size).toBe(2);
  expect(() => readTable(tableOf(longKeys(10, 100), 2))).toThrow("its blocks overlap: it is damaged");
});
