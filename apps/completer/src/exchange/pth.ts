/**
 * State dicts that PyTorch saved (`torch.save`, from version 1.6 on): a zip of a pickle, `data.pkl`, and a file of raw numbers for each
 * storage. Nothing in it is run; see `pickle.ts`. Source: torch/serialization.py.
 */
import { ModelError } from "@kintsugi/dcgan";
import { halfToFloat, type SafetensorsTensor } from "@kintsugi/nn";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { CONVERT, readPickle, type StoredTensor } from "./pickle.js";

/** Bytes of a storage's items that are read; BFloat16's are the upper halves of float32s. */
const ITEM_BYTES: Readonly<Record<string, number>> = { Float: 4, Half: 2, BFloat16: 2, Double: 8 };

/** Whether bytes begin as a file that `torch.save` writes, of today or of before version 1.6. */
export const isTorch = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) || (bytes[0] === 0x80 && bytes[1] === 2);

/** The floating-point tensors of a state dict, as float32; others, such as counters, are left out. Throws ModelError. */
export async function readTorch(bytes: Uint8Array): Promise<Map<string, SafetensorsTensor>> {
  if (bytes[0] === 0x80) throw new ModelError(`PyTorch before 1.6 wrote it, which is not read here; ${CONVERT}`);
  const files = await unzip(bytes).catch((cause: unknown) => {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError("its zip is damaged or cut short; copy or download it again", { cause });
  });
  const pickle = [...files].find(([name]) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle) throw new ModelError("it is a zip without data.pkl: PyTorch did not write it");
  const [name, program] = pickle;
  const folder = name.slice(0, -"data.pkl".length);
  const order = files.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== "little") throw new ModelError("its numbers are big-endian");
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [key, value] of dictOf(readPickle(program))) {
    if (typeof key !== "string" || !isTensor(value) || !(value.storage in ITEM_BYTES)) continue;
    const raw = files.get(`${folder}data/${value.key}`);
    if (!raw) throw new ModelError(`the values of ${key.slice(0, 60)} are missing: it is damaged`);
    tensors.set(key, { dtype: "F32", shape: value.shape, values: gather(key, value, raw) });
  }
  return tensors;
}

const isTensor = (value: unknown): value is StoredTensor => (value as { kind?: unknown } | null)?.kind === "tensor";

/** The state dict itself, or the one tensor dict that a checkpoint has under some key. */
function dictOf(value: unknown): Map<unknown, unknown> {
  if (!(value instanceof Map)) throw new ModelError(`it holds no state dict; ${CONVERT}`);
  if ([...value.values()].some(isTensor)) return value;
  const inner = [...value].filter(([, one]) => one instanceof Map && [...one.values()].some(isTensor));
  if (inner.length === 1) return inner[0]![1] as Map<unknown, unknown>;
  const names = inner.map(([key]) => String(key).slice(0, 40)).join(", ");
  throw new ModelError(`it holds ${inner.length === 0 ? "no tensors" : `several state dicts (${names})`}; ${CONVERT}`);
}

/** The items of a tensor in row-major order, wherever its strides put them. */
function gather(name: string, { storage, offset, shape, strides }: StoredTensor, raw: Uint8Array): Float32Array {
  const itemBytes = ITEM_BYTES[storage]!;
  const count = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((sum, side, axis) => sum + Math.max(0, side - 1) * strides[axis]!, offset);
  // A stride of 0 could make any number of values of one.
  if ((count > 0 && (last + 1) * itemBytes > raw.length) || count * itemBytes > raw.length)
    throw new ModelError(`${name.slice(0, 60)} is larger than its values: it is damaged`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = new Float32Array(count);
  const bits = new Uint32Array(values.buffer);
  const index = shape.map(() => 0);
  let from = offset;
  for (let i = 0; i < count; i++) {
    const place = from * itemBytes;
    if (storage === "Float") values[i] = view.getFloat32(place, true);
    else if (storage === "Double") values[i] = view.getFloat64(place, true);
    else if (storage === "BFloat16") bits[i] = view.getUint16(place, true) << 16;
    else values[i] = halfToFloat(view.getUint16(place, true));
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return values;
}

const open = (bytes: Uint8Array): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    const options = { lazyEntries: true, validateEntrySizes: true } as const;
    fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), options, (error, zip) =>
      error ? reject(error) : resolve(zip),
    );
  });

/** Files by name. */
async function unzip(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const zip = await open(bytes);
  const files = new Map<string, Uint8Array>();
  // Nothing in it is compressed, so that its files together are never larger than itself.
  let room = bytes.length;
  const read = (entry: Entry) =>
    new Promise<Uint8Array>((resolve, reject) => {
      room -= entry.uncompressedSize;
      if (room < 0 || entry.compressionMethod !== 0)
        return reject(new ModelError("it is a compressed zip, which torch.save never writes"));
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        const parts: Buffer[] = [];
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
        stream.on("error", reject);
      });
    });
  return new Promise((resolve, reject) => {
    zip.on("entry", (entry: Entry) => {
      read(entry).then((content) => {
        files.set(entry.fileName, content);
        zip.readEntry();
      }, reject);
    });
    zip.on("end", () => resolve(files));
    zip.on("error", reject);
    zip.readEntry();
  });
}
