/** Whether a model is worth more than none: pixels that are known are held out, completed, and compared with a smooth fill. */
import { type Completer, FILLS, fill, type ManyOptions, type Mask, type Pictures } from "@kintsugi/completion";

/** Images that are looked at; each costs another completion. */
const IMAGES = 4;

export interface HeldOut {
  readonly images: number;
  /** PSNR over the held-out pixels in dB, all images together. */
  readonly model: number;
  /** Of the better of the fills without a model. */
  readonly smooth: number;
}

/** Undefined where no image has a square of known pixels, a quarter of its side, to hold out. */
export async function holdOut(
  completer: Completer,
  pictures: Pictures,
  options: ManyOptions,
  signal: AbortSignal,
): Promise<HeldOut | undefined> {
  const { size } = completer.config;
  const chosen: { values: Float32Array; mask: Mask; held: readonly number[] }[] = [];
  for (let image = 0; image < pictures.count && chosen.length < IMAGES; image++) {
    const mask = pictures.mask(image);
    const held = mask.means ? undefined : knownSquare(mask);
    if (!held) continue;
    const pixels = mask.pixels.slice();
    for (const p of held) pixels[p] = 0;
    chosen.push({ values: pictures.values(image, 1), mask: { size, pixels }, held });
  }
  if (chosen.length === 0) return undefined;
  const stride = chosen[0]!.values.length;
  const channels = stride / size ** 2;
  const model = new Sum();
  const fills = FILLS.map((kind) => ({ kind, sum: new Sum() }));
  await completer.completeAll(
    {
      count: chosen.length,
      values: (first, count) => joined(chosen.slice(first, first + count).map(({ values }) => values)),
      mask: (image) => chosen[image]!.mask,
    },
    { ...options, candidates: 1, outInterval: 0 },
    {
      onSnapshot({ first, masks }, [best], last) {
        if (!last) return;
        masks.forEach((_, i) => {
          const { values, mask, held } = chosen[first + i]!;
          const filled = fills.map(({ kind }) => fill(kind, values, mask.pixels, [size, size, channels]));
          for (const p of held) {
            for (let at = p * channels; at < (p + 1) * channels; at++) {
              model.add(best!.blended[i * stride + at]! - values[at]!);
              filled.forEach((other, way) => {
                fills[way]!.sum.add(other[at]! - values[at]!);
              });
            }
          }
        });
      },
    },
    signal,
  );
  return { images: chosen.length, model: model.psnr, smooth: Math.max(...fills.map(({ sum }) => sum.psnr)) };
}

/** The pixels of the square nearest to the middle in which all is known. */
function knownSquare({ size, pixels }: Mask): number[] | undefined {
  const [side, step] = [Math.max(2, Math.round(size / 4)), Math.max(1, Math.round(size / 16))];
  const places: { row: number; column: number; far: number }[] = [];
  for (let row = 1; row + side < size; row += step) {
    for (let column = 1; column + side < size; column += step) {
      const middle = (at: number) => at + side / 2 - size / 2;
      places.push({ row, column, far: Math.hypot(middle(row), middle(column)) });
    }
  }
  places.sort((a, b) => a.far - b.far);
  for (const { row, column } of places) {
    const all = Array.from(
      { length: side * side },
      (_, k) => (row + Math.floor(k / side)) * size + column + (k % side),
    );
    if (all.every((p) => pixels[p] === 1)) return all;
  }
  return undefined;
}

/** Squared differences of values in [−1, 1]. */
class Sum {
  #squares = 0;
  #count = 0;

  add(difference: number): void {
    this.#squares += (difference / 2) ** 2;
    this.#count++;
  }

  get psnr(): number {
    return -10 * Math.log10(this.#squares / this.#count);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
