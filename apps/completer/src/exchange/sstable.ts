/**
 * Reads sorted string tables as LevelDB and TensorFlow write them: blocks of entries whose keys share prefixes, each with a
 * checksum, an index block of block handles, and a footer. Source: "LevelDB: table_format.md", tensorflow/core/lib/io.
 */
import { ModelError } from "@kintsugi/dcgan";
import { maskedCrc32c } from "@kintsugi/nn";

const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Behind each block: how it is compressed (1 byte), and a masked CRC32C of block and that byte. */
const TRAILER = 5;

/** Reads bytes in order. Throws ModelError where they end too early. */
export class Cursor {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** A base-128 number, of up to 53 bits. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const [byte] = this.take(1);
      value += (byte! & 127) * scale;
      if (!Number.isSafeInteger(value)) throw new ModelError("a number in it is too large");
      if (byte! < 128) return value;
    }
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new ModelError("it is cut short or damaged");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  fixed32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }
}

/** The longest name that is kept: a variable's of ours is far shorter, and every name costs its length. */
const MAX_KEY = 512;

/**
 * Entries by their keys, without those of more than 512 bytes. In time proportional to the file: a block is read once, and of
 * a key only what it does not share with the one before it. Throws ModelError, also for a block whose checksum is wrong.
 */
export function readTable(file: Uint8Array): Map<string, Uint8Array> {
  if (file.length < FOOTER) throw new ModelError("it is cut short or damaged");
  const footer = new Cursor(file.subarray(file.length - FOOTER));
  const magic = new DataView(file.buffer, file.byteOffset + file.length - 8).getBigUint64(0, true);
  if (magic !== MAGIC) throw new ModelError("it is no table of TensorFlow's, or is cut short");
  handle(footer); // of the block about other blocks, which is empty
  const entries = new Map<string, Uint8Array>();
  let end = 0;
  for (const [, place] of blockEntries(block(file, handle(footer)))) {
    const found = handle(new Cursor(place));
    // Otherwise a small file could have the same block read any number of times.
    if (found.offset < end) throw new ModelError("its blocks overlap: it is damaged");
    end = found.offset + found.length + TRAILER;
    for (const [key, value] of blockEntries(block(file, found))) if (key !== undefined) entries.set(key, value);
  }
  return entries;
}

interface Handle {
  readonly offset: number;
  readonly length: number;
}

function handle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), length: cursor.varint() };
}

function block(file: Uint8Array, { offset, length }: Handle): Uint8Array {
  const whole = new Cursor(file.subarray(offset)).take(length + TRAILER);
  const compression = whole[length]!;
  const stored = new Cursor(whole.subarray(length + 1)).fixed32();
  if (maskedCrc32c(whole.subarray(0, length + 1)) !== stored) {
    throw new ModelError(`the checksum of its block at byte ${offset} is wrong: it is damaged`);
  }
  if (compression !== 0) throw new ModelError("its blocks are compressed (Snappy), which is not read here");
  return whole.subarray(0, length);
}

/** Entries are shared length, own length, value length, own part of the key, value; offsets of restarts follow. */
function* blockEntries(bytes: Uint8Array): Generator<[string | undefined, Uint8Array]> {
  if (bytes.length < 4) throw new ModelError("it is cut short or damaged");
  const restarts = new Cursor(bytes.subarray(bytes.length - 4)).fixed32();
  const cursor = new Cursor(bytes.subarray(0, Math.max(0, bytes.length - 4 * (restarts + 1))));
  const decoder = new TextDecoder();
  const key = new Uint8Array(MAX_KEY);
  let before = 0;
  while (!cursor.done) {
    const [shared, own, length] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > before) throw new ModelError("a name in it is damaged");
    const ending = cursor.take(own);
    key.set(ending.subarray(0, Math.max(0, MAX_KEY - shared)), Math.min(shared, MAX_KEY));
    before = shared + own;
    const value = cursor.take(length);
    yield [before > MAX_KEY ? undefined : decoder.decode(key.subarray(0, before)), value];
  }
}
