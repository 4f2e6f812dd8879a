/** The part of gifenc that is used here; the package ships no types. */
declare module "gifenc" {
  export type Palette = number[][];
  export interface Stream {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette?: Palette; delay: number; repeat: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  export interface Gifenc {
    GIFEncoder(): Stream;
    quantize(rgba: Uint8Array | Uint8ClampedArray, maxColors: number): Palette;
    applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array;
  }
  // Node sees CommonJS (everything under `default`), bundlers an ES module (everything by name): either may be missing.
  export const quantize: Gifenc["quantize"] | undefined;
  const encoder: unknown;
  export default encoder;
}
