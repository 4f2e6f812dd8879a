/**
 * The safetensors container: named arrays in one file. Knows bytes and nothing else: no layer, no GPU, no file system.
 *
 * Layout: 8 bytes little-endian header length, a JSON header padded with spaces to a multiple of 8, raw little-endian
 * values without gaps. Header: `{"__metadata__": {…strings}, "name": {"dtype", "shape", "data_offsets": [begin, end]}}`.
 * Source: the format section of https://github.com/huggingface/safetensors
 * Our own files add checksums to their metadata: "crc32c", a JSON object of each tensor's CRC-32C in hexadecimal.
 * Longer than most files: reader and writer stay together because they are each other's specification.
 */
import { checksumOf, isChecksumOf } from "./checksum.js";
import { foreignKind } from "./foreign.js";

/** One array; `values` is row-major. F16 is a matter of the file only: in memory it is always float32. */
export type SafetensorsTensor =
  | { readonly shape: readonly number[]; readonly dtype: "F32" | "F16"; readonly values: Float32Array }
  | { readonly shape: readonly number[]; readonly dtype: "I32"; readonly values: Int32Array }
  | { readonly shape: readonly number[]; readonly dtype: "U8"; readonly values: Uint8Array };

export type SafetensorsDtype = SafetensorsTensor["dtype"];

export interface Safetensors {
  /** BF16 and F64 come as F32, rounded to the nearest. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Tensors of other types, such as I64: there, but not read. */
  readonly others: Map<string, { readonly dtype: string; readonly shape: readonly number[] }>;
  readonly metadata: Record<string, string>;
}

/** What is wrong with a file or with the tensors to be written, in one line. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

const ITEM_BYTES: Readonly<Record<SafetensorsDtype, number>> = { F32: 4, I32: 4, F16: 2, U8: 1 };
/** Further types that files of others have. */
const FOREIGN_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1, I16: 2, U16: 2, BF16: 2, U32: 4, I64: 8, U64: 8, F64: 8, C64: 8 },
};
const METADATA = "__metadata__";
const CHECKSUMS = "crc32c";
/** A header is three levels deep; far deeper ones only exhaust the stack of whoever walks them. */
const MAX_DEPTH = 16;
/** The limit of the reference implementation, against headers that only claim to be large. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a whole file. `values` of aligned F32, I32 and U8 tensors are views into `bytes`, the rest are copies;
 * `bytes` itself may begin at any offset of its buffer, be a Node `Buffer`, or lie in a `SharedArrayBuffer`.
 *
 * @throws SafetensorsError for a truncated file, a malformed header, duplicate names, sizes that contradict shapes, tensors
 * that overlap or leave bytes unused, and tensors whose checksum is wrong.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata } = readSafetensorsHeader(bytes, bytes.byteLength);
  const checksums = readChecksums(metadata);
  const tensors: Safetensors["tensors"] = new Map();
  const others: Safetensors["others"] = new Map();
  for (const [name, entry] of entries) {
    const raw = bytes.subarray(entry.begin, entry.end);
    checkSum(name, raw, checksums);
    const tensor = decode(entry, raw);
    if (tensor) tensors.set(name, tensor);
    else others.set(name, { dtype: entry.dtype, shape: entry.shape });
  }
  const { [CHECKSUMS]: _, ...said } = metadata;
  return { tensors, others, metadata: said };
}

/** Where a tensor is in its file: bytes `begin` to `end`. */
export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * How many bytes at the beginning of a file are its header, told by the first 8: for who reads a large file in parts.
 *
 * @throws SafetensorsError
 */
export function safetensorsHeaderEnd(bytes: Uint8Array, fileBytes: number): number {
  if (bytes.byteLength < 8) {
    const kind = foreignKind(bytes);
    throw new SafetensorsError(
      kind ? `it is ${kind}` : `truncated: ${bytes.byteLength} bytes, the header length alone takes 8`,
    );
  }
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (claimed > MAX_HEADER_BYTES) {
    const kind = foreignKind(bytes);
    throw new SafetensorsError(
      kind ? `it is ${kind}` : "it is no safetensors file: its first bytes are no length of a header",
    );
  }
  const end = 8 + Number(claimed);
  if (end > fileBytes) {
    const kind = foreignKind(bytes);
    throw new SafetensorsError(
      kind ? `it is ${kind}` : `truncated: the header ends at byte ${end}, the file at ${fileBytes}`,
    );
  }
  return end;
}

/**
 * What a file holds and where.
 *
 * @param bytes the file's beginning, its header at least
 * @throws SafetensorsError as `readSafetensors`
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  fileBytes: number,
): { readonly entries: Map<string, SafetensorsEntry>; readonly metadata: Record<string, string> } {
  const start = safetensorsHeaderEnd(bytes, fileBytes);
  const header = parseHeader(bytes.subarray(8, start));
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => parseEntry(name, value));
  checkCoverage(entries, fileBytes - start);
  return {
    entries: new Map(
      entries.map(({ name, begin, end, ...rest }) => [name, { ...rest, begin: start + begin, end: start + end }]),
    ),
    metadata: parseMetadata(header[METADATA]),
  };
}

/**
 * The header of a file whose values, in the order of the tensors, are written behind it by the caller. Padded to `room`
 * bytes where that is more: for who learns the shapes last.
 *
 * @throws SafetensorsError
 */
export function encodeSafetensorsHeader(
  tensors: Iterable<readonly [name: string, { readonly dtype: SafetensorsDtype; readonly shape: readonly number[] }]>,
  metadata: Readonly<Record<string, string>> = {},
  room = 0,
): Uint8Array {
  const fields: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const strings = keys.map((key) => field(key, requireString(key, metadata[key])));
    fields.push(`${JSON.stringify(METADATA)}:{${strings.join(",")}}`);
  }
  let at = 0;
  for (const [name, { dtype, shape }] of tensors) {
    if (name === METADATA) throw new SafetensorsError(`a tensor may not be called ${METADATA}`);
    const end = at + elements(name, shape) * ITEM_BYTES[dtype];
    fields.push(field(name, { dtype, shape, data_offsets: [at, end] }));
    at = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.max(Math.ceil(json.byteLength / 8) * 8, room - 8);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(`header of ${length} bytes, the limit is ${MAX_HEADER_BYTES}`);
  }
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

/**
 * Writes tensors to the bytes of one file. The same contents give the same bytes whatever the order of the map: tensors
 * stand by item size (4 bytes, 2, 1) and within that by name, so that each is aligned to its items; metadata by key.
 *
 * @param options `checksums`: whether the metadata holds a checksum of each tensor, which `readSafetensors` checks
 * @throws SafetensorsError for a shape that does not fit the values, and for F16 values beyond ±65504.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
  { checksums = false }: { readonly checksums?: boolean } = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([a, s], [b, t]) => ITEM_BYTES[t.dtype] - ITEM_BYTES[s.dtype] || (a < b ? -1 : a > b ? 1 : 0),
  );
  const chunks = ordered.map(([name, tensor]) => {
    const count = elements(name, tensor.shape);
    if (count !== tensor.values.length) {
      throw new SafetensorsError(
        `${name}: shape [${tensor.shape}] has ${count} elements, values has ${tensor.values.length}`,
      );
    }
    return encode(name, tensor);
  });
  // Those of the file that the metadata came from are of other bytes.
  const said = new Map(Object.entries(metadata).filter(([key]) => key !== CHECKSUMS));
  if (checksums) {
    const sums = ordered.map(([name], i) => field(name, checksumOf(chunks[i]!)));
    said.set(CHECKSUMS, `{${sums.join(",")}}`);
  }
  const header = encodeSafetensorsHeader(ordered, Object.fromEntries(said));
  const file = new Uint8Array(header.length + chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  file.set(header);
  let offset = header.length;
  for (const chunk of chunks) {
    file.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return file;
}

/** Bytes are counted from the end of the header. */
interface Entry extends SafetensorsEntry {
  readonly name: string;
}

function readChecksums(metadata: Readonly<Record<string, string>>): ReadonlyMap<string, unknown> {
  const json = metadata[CHECKSUMS];
  if (json === undefined) return new Map();
  const sums = parse(json, "the checksums are not JSON");
  if (!isRecord(sums)) throw new SafetensorsError("the checksums are not a JSON object");
  return new Map(Object.entries(sums));
}

function checkSum(name: string, raw: Uint8Array, checksums: ReadonlyMap<string, unknown>): void {
  const wanted = checksums.get(name);
  if (wanted === undefined || isChecksumOf(raw, wanted)) return;
  throw new SafetensorsError(`the checksum of ${brief(name)} is wrong: the file is damaged; copy or download it again`);
}

/** The most signs of a name or a value in a message. */
const BRIEF = 60;

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : Array.isArray(value) ? `[${value.slice(0, BRIEF)}]` : String(value);
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text;
}

/** Values of the header as they stand there; only of what `checkDepth` let pass. */
const shown = (value: unknown) => brief(JSON.stringify(value) ?? "undefined");

function field(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function requireString(key: string, value: unknown): string {
  if (typeof value !== "string") throw new SafetensorsError(`metadata ${brief(key)} is not a string`);
  return value;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    // A copy: decoders take no memory that is shared between threads.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw new SafetensorsError("the header is not JSON in UTF-8", { cause });
  }
  const header = parse(text, "the header is not JSON in UTF-8");
  if (!isRecord(header)) throw new SafetensorsError("the header is not a JSON object");
  rejectDuplicates(text);
  return header;
}

function parse(json: string, reason: string): unknown {
  checkDepth(json);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SafetensorsError(reason, { cause });
  }
}

const [QUOTE, BACKSLASH, SQUARE, SQUARE_END, CURLY, CURLY_END] = [...'"\\[]{}'].map((sign) => sign.charCodeAt(0));

/** One pass over the text, before anything recurses into it. */
function checkDepth(json: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json.charCodeAt(at);
    if (quoted) {
      if (sign === BACKSLASH) at++;
      else if (sign === QUOTE) quoted = false;
    } else if (sign === QUOTE) quoted = true;
    else if (sign === SQUARE_END || sign === CURLY_END) depth--;
    else if ((sign === SQUARE || sign === CURLY) && ++depth > MAX_DEPTH) {
      throw new SafetensorsError(`the header is nested more than ${MAX_DEPTH} levels deep`);
    }
  }
}

/** JSON.parse keeps the last of two equal keys in silence, so the (valid) text is walked once more for keys alone. */
function rejectDuplicates(json: string): void {
  const open: Set<string>[] = [];
  for (const [token, key, colon] of json.matchAll(/[{}]|("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (key !== undefined && colon !== undefined) {
      const name = JSON.parse(key) as string;
      const seen = open.at(-1);
      if (seen?.has(name)) throw new SafetensorsError(`the header names ${brief(name)} twice`);
      seen?.add(name);
    }
  }
}

function parseMetadata(value: unknown): Record<string, string> {
  // Some writers put null where they have nothing to say.
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new SafetensorsError(`${METADATA} is not a JSON object`);
  return Object.fromEntries(Object.entries(value).map(([key, string]) => [key, requireString(key, string)]));
}

function parseEntry(name: string, value: unknown): Entry {
  if (!isRecord(value)) throw new SafetensorsError(`${brief(name)}: the header entry is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw new SafetensorsError(`${brief(name)}: dtype ${shown(dtype)} is not a name`);
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new SafetensorsError(`${brief(name)}: shape ${shown(shape)} is not a list of sizes`);
  }
  const [begin, end, ...more]: unknown[] = Array.isArray(offsets) ? offsets : [];
  if (!isSize(begin) || !isSize(end) || begin > end || more.length > 0) {
    throw new SafetensorsError(`${brief(name)}: data_offsets ${shown(offsets)} is not [begin, end]`);
  }
  const entry: Entry = { name, dtype, shape: shape as number[], begin, end };
  const count = elements(name, entry.shape);
  const itemBytes = isOurs(dtype) ? ITEM_BYTES[dtype] : FOREIGN_BYTES[dtype];
  if (itemBytes !== undefined && entry.end - entry.begin !== count * itemBytes) {
    const has = `data_offsets has ${entry.end - entry.begin}`;
    throw new SafetensorsError(`${brief(name)}: ${dtype} ${brief(shape)} takes ${count * itemBytes} bytes, ${has}`);
  }
  return entry;
}

const isOurs = (dtype: string): dtype is SafetensorsDtype => Object.hasOwn(ITEM_BYTES, dtype);

/** Tensors must tile the bytes after the header: nothing twice, nothing left over. */
function checkCoverage(entries: readonly Entry[], byteLength: number): void {
  let at = 0;
  let previous = "the header";
  for (const { name, begin, end } of [...entries].sort((s, t) => s.begin - t.begin || s.end - t.end)) {
    if (begin < at)
      throw new SafetensorsError(
        `${brief(name)} begins at ${begin} and overlaps ${brief(previous)}, which ends at ${at}`,
      );
    if (begin > at)
      throw new SafetensorsError(
        `${begin - at} bytes between ${brief(previous)} and ${brief(name)} belong to no tensor`,
      );
    at = end;
    previous = name;
  }
  if (at > byteLength)
    throw new SafetensorsError(`truncated: ${brief(previous)} ends at ${at}, the values at ${byteLength}`);
  if (at < byteLength)
    throw new SafetensorsError(`${byteLength - at} bytes after ${brief(previous)} belong to no tensor`);
}

function elements(name: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every(isSize) || !isSize(count * 8))
    throw new SafetensorsError(`${brief(name)}: shape ${brief(shape)} is no valid shape`);
  return count;
}

/** Undefined for types that are not read. */
function decode({ dtype, shape }: SafetensorsEntry, raw: Uint8Array): SafetensorsTensor | undefined {
  if (dtype === "U8") return { shape, dtype, values: raw };
  const itemBytes = isOurs(dtype) ? ITEM_BYTES[dtype] : FOREIGN_BYTES[dtype];
  if (itemBytes === undefined) return undefined;
  // `slice` of a Node `Buffer` would give the same odd place again.
  const { buffer, byteOffset, byteLength } = raw.byteOffset % itemBytes === 0 ? raw : new Uint8Array(raw);
  const count = byteLength / itemBytes;
  if (dtype === "F32") return { shape, dtype, values: new Float32Array(buffer, byteOffset, count) };
  if (dtype === "I32") return { shape, dtype, values: new Int32Array(buffer, byteOffset, count) };
  if (dtype === "F64")
    return { shape, dtype: "F32", values: Float32Array.from(new Float64Array(buffer, byteOffset, count)) };
  if (dtype !== "F16" && dtype !== "BF16") return undefined;
  const halves = new Uint16Array(buffer, byteOffset, count);
  const values = new Float32Array(count);
  if (dtype === "BF16") {
    // The upper half of a float32.
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16;
    return { shape, dtype: "F32", values };
  }
  // A plain loop: `from` with a function takes a second for a model of ten megabytes.
  for (let i = 0; i < count; i++) values[i] = halfToFloat(halves[i]!);
  return { shape, dtype, values };
}

function encode(name: string, tensor: SafetensorsTensor): Uint8Array {
  if (tensor.dtype !== "F16") {
    return new Uint8Array(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength);
  }
  const halves = Uint16Array.from(tensor.values, (value) => {
    const half = toHalf(value);
    if (Number.isFinite(value) && (half & 0x7fff) === 0x7c00)
      throw new SafetensorsError(`${brief(name)}: ${value} exceeds F16`);
    return half;
  });
  return new Uint8Array(halves.buffer);
}

/** IEEE 754 binary16: sign 1, exponent 5 (bias 15), fraction 10 bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest binary16, ties to even. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24); // subnormal; 1024 is the smallest normal number
  const exponent = Math.floor(Math.log2(size)); // exact enough: float32 values lie 2⁻²⁴ apart, log2 errs by 2⁻⁵²
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024)); // a carry moves the exponent
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
