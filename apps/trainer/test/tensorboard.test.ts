/** Event files, read back by another implementation of protocol buffers, sum by sum. */
import { readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "@kintsugi/nn";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { histogramOf } from "../src/tensorboard/histogram.js";
import { rows, TINY, TOY, temporary, trained } from "./command.js";

/** The parts of tensorflow/core/util/event.proto and framework/summary.proto that a reader needs. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Event { double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; } }
  message SessionLog { int32 status = 1; }
  message Summary {
    message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
    message Value { string tag = 1; oneof value { float simple_value = 2; Image image = 4; HistogramProto histo = 5; } }
    repeated Value value = 1; }
  message HistogramProto { double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6 [packed = true]; repeated double bucket = 7 [packed = true]; }`,
  { keepCase: true },
);

interface Value {
  readonly tag: string;
  readonly simple_value?: number;
  readonly image?: { height: number; width: number; colorspace: number; encoded_image_string: Uint8Array };
  readonly histo?: { min: number; max: number; num: number; sum: number; bucket_limit: number[]; bucket: number[] };
}

interface Event {
  readonly wall_time: number;
  readonly step: number;
  readonly file_version?: string;
  readonly session_log?: { readonly status: number };
  readonly summary?: { readonly value: Value[] };
}

/** All whole records of a file; throws where a sum is wrong. */
async function read(path: string): Promise<Event[]> {
  const file = await readFile(path);
  const Type = root.lookupType("Event");
  const sum = (at: number) => {
    const turned = (file.readUInt32LE(at) - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  const events: Event[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(sum(at + 8)).toBe(crc32c(file.subarray(at, at + 8)));
    if (at + 16 + length > file.length) break;
    const payload = file.subarray(at + 12, at + 12 + length);
    expect(sum(at + 12 + length)).toBe(crc32c(payload));
    events.push(Type.toObject(Type.decode(payload), { longs: Number, defaults: false }) as Event);
    at += 16 + length;
  }
  return events;
}

const valuesOf = (events: readonly Event[]) =>
  events.flatMap(({ step, summary }) => (summary?.value ?? []).map((value) => ({ step, ...value })));

it("sums as RFC 3720 does", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

it("counts every finite value into one bucket", () => {
  const found = histogramOf(Float32Array.of(-1, -1, 0, 3, Number.NaN))!;
  expect(found).toMatchObject({ min: -1, max: 3, count: 4, sum: 1, squares: 11 });
  expect(found.limits.at(-1)).toBe(3);
  expect([found.buckets[0], found.buckets[10], found.buckets.at(-1)]).toEqual([2, 1, 1]);
  expect(histogramOf(new Float32Array(5))).toMatchObject({ min: 0, max: 0, limits: [0], buckets: [5] });
  expect(histogramOf(Float32Array.of(Number.NaN))).toBeUndefined();
});

describe("a run with --tensorboard", () => {
  let at: Awaited<ReturnType<typeof temporary>>;
  const path = (...names: string[]) => join(at.path, "run", ...names);
  const eventFiles = async () => (await readdir(path())).filter((name) => name.includes("tfevents")).sort();
  const options = [...TINY, ...TOY, "--validation", "4", "--score-every", "6", "--sample-every", "6", "--tensorboard"];

  beforeAll(async () => {
    at = await temporary();
    await trained(...options, "--out", path(), "--steps", "6");
  });
  afterAll(() => at.remove());

  it("says what metrics.csv says, shows the samples and the weights", async () => {
    const [name, ...more] = await eventFiles();
    expect(more).toEqual([]);
    const events = await read(path(name!));
    expect(events[0]).toMatchObject({ file_version: "brain.Event:2" });
    expect(Math.abs(events[0]!.wall_time - Date.now() / 1000)).toBeLessThan(600);
    const values = valuesOf(events);
    const table = await rows(path("metrics.csv"));
    for (const [tag, column] of [
      ["loss/D", "d_loss"],
      ["loss/G", "g_loss"],
      ["probability/D(x)", "d_real"],
      ["training/learning rate", "lr"],
    ] as const) {
      const seen = values.filter((value) => value.tag === tag);
      expect(seen.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
      for (const [i, { simple_value }] of seen.entries())
        expect(simple_value).toBeCloseTo(Number(table[i]![column]), 5);
    }
    const scores = values.filter(({ tag }) => tag === "score/SWD");
    expect(scores.map(({ step }) => step)).toEqual([6]);

    const picture = values.find(({ tag }) => tag === "samples")!;
    expect(picture.image).toMatchObject({ colorspace: 3 });
    expect(Buffer.from(picture.image!.encoded_image_string)).toEqual(await readFile(path("samples", "000006.png")));
    const header = Buffer.from(picture.image!.encoded_image_string);
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([picture.image!.width, picture.image!.height]);

    const { histo } = values.find(({ tag }) => tag === "generator/g_h1/w")!;
    expect(histo!.bucket.reduce((sum, count) => sum + count)).toBe(histo!.num);
    expect(histo!.bucket_limit).toHaveLength(histo!.bucket.length);
    expect(values.some(({ tag }) => tag.includes("adam"))).toBe(false);
    // What D made of its last batch: four images of each kind, in the mean as metrics.csv has it.
    for (const [tag, column] of [
      ["outputs/D(x)", "d_real"],
      ["outputs/D(G(z))", "d_fake"],
    ] as const) {
      const [seen, ...others] = values.filter((value) => value.tag === tag);
      expect(others).toEqual([]);
      expect(seen).toMatchObject({ step: 6, histo: { num: 4 } });
      expect(seen!.histo!.sum / 4).toBeCloseTo(Number(table.at(-1)![column]), 5);
    }
  });

  it("survives a kill amid a record, and goes on in a new file that takes back what was after the checkpoint", async () => {
    const [first] = await eventFiles();
    const before = await read(path(first!));
    await truncate(path(first!), (await readFile(path(first!))).length - 5);
    expect(await read(path(first!))).toEqual(before.slice(0, -1));
    // Neither the folder of the images nor --tensorboard has to be said again.
    await trained("--out", path(), "--steps", "8", "--resume");
    const files = await eventFiles();
    expect(files).toHaveLength(2);
    expect(files[0]).toBe(first);
    const [version, started, ...rest] = await read(path(files[1]!));
    expect(version).toMatchObject({ file_version: "brain.Event:2" });
    expect(started).toMatchObject({ step: 7, session_log: { status: 1 } });
    const losses = valuesOf(rest).filter(({ tag }) => tag === "loss/G");
    expect(losses.map(({ step }) => step)).toEqual([7, 8]);
  });
});
