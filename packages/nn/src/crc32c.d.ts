/** `crc-32` brings no types for its second polynomial. */
declare module "crc-32/crc32c.js" {
  const checksum: { buf(bytes: Uint8Array, seed?: number): number };
  export default checksum;
}
