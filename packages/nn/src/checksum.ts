/** Checksums of bytes, in Node and in pages. */
import castagnoli from "crc-32/crc32c.js";

/**
 * CRC-32C (Castagnoli, RFC 3720 B.4) as an unsigned number. Node's own `zlib.crc32` is of another polynomial.
 *
 * @param before the checksum of the bytes before these, where they come in parts
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  return castagnoli.buf(bytes, before | 0) >>> 0;
}

/** It in hexadecimal, as files of ours have it. */
export function checksumOf(bytes: Uint8Array): string {
  return crc32c(bytes).toString(16).padStart(8, "0");
}

export function isChecksumOf(bytes: Uint8Array, checksum: unknown): boolean {
  return checksum === checksumOf(bytes);
}

/** A CRC as TensorFlow stores it: rotated right by 15 bits, plus a constant, so that no CRC is taken of a CRC. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
