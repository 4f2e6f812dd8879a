/**
 * Reads sorted string tables as LevelDB and TensorFlow write them: blocks of entries whose keys share prefixes, each with a
 * checksum, an index block of block handles, and a footer. Source: "LevelDB: table_format.md", tensorflow/core/lib/io.
 */
import { ModelError } from "@kintsugi/dcgan";

const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Behind each block: how it is compressed (1 byte), and a masked CRC32C of block and that byte. */
const TRAILER = 5;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli, RFC 3720 B.4), as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) crc = TABLE[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A CRC as it is stored: rotated right by 15 bits, plus a constant, so that no CRC is taken of a CRC. */
export const maskedCrc = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

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

/** All entries in the order of their keys. Throws ModelError, also for a block whose checksum is wrong. */
export function readTable(file: Uint8Array): Map<string, Uint8Array> {
  if (file.length < FOOTER) throw new ModelError("it is cut short or damaged");
  const footer = new Cursor(file.subarray(file.length - FOOTER));
  const magic = new DataView(file.buffer, file.byteOffset + file.length - 8).getBigUint64(0, true);
  if (magic !== MAGIC) throw new ModelError("it is no table of TensorFlow's, or is cut short");
  handle(footer); // of the block about other blocks, which is empty
  const entries = new Map<string, Uint8Array>();
  for (const [, place] of blockEntries(block(file, handle(footer)))) {
    for (const [key, value] of blockEntries(block(file, handle(new Cursor(place))))) entries.set(key, value);
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
  if (maskedCrc(crc32c(whole.subarray(0, length + 1))) !== stored) {
    throw new ModelError(`the checksum of its block at byte ${offset} is wrong: it is damaged`);
  }
  if (compression !== 0) throw new ModelError("its blocks are compressed (Snappy), which is not read here");
  return whole.subarray(0, length);
}

/** Entries are shared length, own length, value length, own part of the key, value; offsets of restarts follow. */
function* blockEntries(bytes: Uint8Array): Generator<[string, Uint8Array]> {
  if (bytes.length < 4) throw new ModelError("it is cut short or damaged");
  const restarts = new Cursor(bytes.subarray(bytes.length - 4)).fixed32();
  const cursor = new Cursor(bytes.subarray(0, Math.max(0, bytes.length - 4 * (restarts + 1))));
  const decoder = new TextDecoder();
  let key = new Uint8Array();
  while (!cursor.done) {
    const [shared, own, length] = [cursor.varint(), cursor.varint(), cursor.varint()];
    key = Uint8Array.of(...key.subarray(0, shared), ...cursor.take(own));
    yield [decoder.decode(key), cursor.take(length)];
  }
}
