/**
 * A checkpoint of dcgan-completion.tensorflow as a model: `NAME.index`, a table of where each variable lies, and
 * `NAME.data-00000-of-00001`, their bytes. Names and layouts there are ours. Source: tensorflow/core/protobuf/tensor_bundle.proto.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError, checkConfig, type DcganConfig, type Model, ModelError, modelSpecs } from "@kintsugi/dcgan";
import { maskedCrc32c } from "@kintsugi/nn";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import { Cursor, readTable } from "./sstable.js";

/** A variable's place in the data files; `BundleEntryProto`. */
interface Entry {
  readonly float: boolean;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
  /** A part of a variable that was split over several machines. */
  readonly sliced: boolean;
}

/**
 * Reads a checkpoint, named by its prefix, by one of its files, or by its folder. Other variables, such as an optimiser's, are
 * left out. Throws CommandError (checkpoint), which names the file.
 */
export async function readTensorFlow(path: string): Promise<Model> {
  const prefix = await prefixOf(path);
  const { entries, config } = await explained(`${prefix}.index`, (bytes) => {
    const entries = indexOf(bytes);
    return { entries, config: configOf(entries) };
  });
  return explained(`${prefix}.data-00000-of-00001`, (data) => {
    const values = modelSpecs(config).map(({ name }): [string, Float32Array] => [
      name,
      floats(name, find(entries, name), data),
    ]);
    return { config, values: new Map(values), metadata: {} };
  });
}

async function prefixOf(path: string): Promise<string> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!folder) return path.replace(/\.(index|meta|data-\d{5}-of-\d{5})$/, "");
  // TensorFlow notes the latest one in a text file; without it, a folder of just one checkpoint says enough.
  const note = await readFile(join(path, "checkpoint"), "utf8").catch(() => "");
  const latest = /^model_checkpoint_path: "(?:.*[/\\])?([^"/\\]+)"/m.exec(note)?.[1];
  if (latest) return join(path, latest);
  const [only, ...more] = (await readdir(path)).filter((name) => name.endsWith(".index"));
  if (only && more.length === 0) return join(path, only.slice(0, -".index".length));
  const found = only ? "several checkpoints; name one" : "no checkpoint of TensorFlow's";
  throw new CommandError(`${path} holds ${found} (NAME.index)`, exitCodes.checkpoint);
}

async function explained<T>(path: string, read: (bytes: Uint8Array) => T): Promise<T> {
  try {
    return read(await readFile(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!(cause instanceof ModelError || cause instanceof ConfigError) && code === undefined) throw cause;
    const reason = code === "ENOENT" ? `there is no such file in ${dirname(path)}` : message;
    throw new CommandError(`cannot read ${path}: ${reason}`, exitCodes.checkpoint, { cause });
  }
}

/** The table of a checkpoint, by the variables' names. Throws ModelError. */
function indexOf(file: Uint8Array): Map<string, Entry> {
  const table = readTable(file);
  // The entry without a name is the header: number of data files, and the order of bytes.
  const header = table.get("");
  if (!header) throw new ModelError("it has no header; is it a checkpoint of TensorFlow's?");
  const fields = message(header);
  const shards = Number(fields.get(1)?.[0] ?? 0);
  if (shards !== 1) throw new ModelError(`its variables lie in ${shards} data files; only one is read here`);
  if (Number(fields.get(2)?.[0] ?? 0) !== 0) throw new ModelError("its numbers are big-endian, which is not read here");
  table.delete("");
  return new Map([...table].map(([name, bytes]) => [name, entry(bytes)]));
}

function entry(bytes: Uint8Array): Entry {
  const fields = message(bytes);
  const number = (field: number) => Number(fields.get(field)?.[0] ?? 0);
  const [shape] = fields.get(2) ?? [];
  const dimensions = shape instanceof Uint8Array ? (message(shape).get(2) ?? []) : [];
  return {
    float: number(1) === 1,
    shape: dimensions.map((side) => (side instanceof Uint8Array ? Number(message(side).get(1)?.[0] ?? 0) : 0)),
    ...{ offset: number(4), bytes: number(5), crc: number(6), sliced: fields.has(7) },
  };
}

/** The fields of a protocol buffer by number; bytes stay bytes. */
function message(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  for (const cursor = new Cursor(bytes); !cursor.done; ) {
    const tag = cursor.varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (![0, 1, 2, 5].includes(wire)) throw new ModelError("an entry of it is damaged");
    const value =
      wire === 0 ? cursor.varint() : wire === 5 ? cursor.fixed32() : cursor.take(wire === 1 ? 8 : cursor.varint());
    const before = fields.get(field);
    if (before) before.push(value);
    else fields.set(field, [value]);
  }
  return fields;
}

function floats(name: string, { float, sliced, shape, offset, bytes, crc }: Entry, data: Uint8Array): Float32Array {
  if (!float || sliced) throw new ModelError(`${name} is ${sliced ? "split into slices" : "not float32"}`);
  const length = shape.reduce((product, side) => product * side, 1);
  if (bytes !== 4 * length) throw new ModelError(`${name} has ${bytes} bytes, its shape needs ${4 * length}`);
  if (offset + bytes > data.length) {
    throw new ModelError(`${name} ends at byte ${offset + bytes}, the file has ${data.length}: it is cut short`);
  }
  const stored = data.subarray(offset, offset + bytes);
  if (maskedCrc32c(stored) !== crc) throw new ModelError(`the checksum of ${name} is wrong: it is damaged`);
  const view = new DataView(stored.buffer, stored.byteOffset);
  return Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
}

function find(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const found = entries.get(name);
  if (!found) throw new ModelError(`there is no variable ${name}; is it a checkpoint of dcgan-completion.tensorflow?`);
  return found;
}

function configOf(entries: ReadonlyMap<string, Entry>): DcganConfig {
  const convolution = (name: string) => {
    const { shape } = find(entries, name);
    if (shape.length !== 4)
      throw new ModelError(`${name} is [${shape.slice(0, 8).join(", ")}], which is no convolution`);
    return shape as readonly [number, number, number, number];
  };
  let depth = 1;
  while (entries.has(`generator/g_h${depth + 1}/w`)) depth++;
  const [kernel, , channels, ngf] = convolution(`generator/g_h${depth}/w`);
  const ndf = convolution("discriminator/d_h0_conv/w")[3];
  const nz = find(entries, "generator/g_h0_lin/Matrix").shape[0] ?? 0;
  const config = checkConfig({ size: 4 * 2 ** depth, channels, nz, ngf, ndf, kernel });
  for (const { name, shape } of modelSpecs(config)) {
    const found = find(entries, name).shape;
    if (found.join() === shape.join()) continue;
    throw new ModelError(
      `${name} is [${found.slice(0, 8).join(", ")}], a DCGAN of these sizes has [${shape.join(", ")}]`,
    );
  }
  return config;
}
