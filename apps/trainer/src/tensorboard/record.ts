/** Records of TensorFlow's TFRecord files: a length and a payload, each with the masked CRC-32C that readers check. */
import { maskedCrc32c } from "@kintsugi/nn";

/** Length (uint64, little-endian), its checksum, the payload, its checksum (tensorflow/core/lib/io/record_writer.h). */
export function record(payload: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(payload.length + 16);
  framed.writeBigUInt64LE(BigInt(payload.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(payload, 12);
  framed.writeUInt32LE(maskedCrc32c(payload), 12 + payload.length);
  return framed;
}
