/**
 * What the kernel tests share: one device, inputs with a NaN tail, outputs that start as NaN and carry a guarded tail.
 * A kernel that reads past its input, leaves an element unwritten, writes past its output or gives other bytes the
 * second time fails here, whatever its numbers are.
 */
import { type BufferView, type Device, type Dispatch, Recording } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";

/** NaN with a payload that no arithmetic makes: marks what nobody has written. */
const UNWRITTEN = 0x7fc0dead;
/** Elements after every input and output. The views cover them, so that a stray access reaches them. */
const TAIL = 64;

/** Where a kernel under test writes. */
export interface Output {
  readonly label: string;
  readonly view: BufferView;
  readonly length: number;
  /** What every run starts from instead of NaN, for buffers that a kernel updates. */
  readonly initial?: Float32Array;
}

export class Harness {
  readonly #buffers: GPUBuffer[] = [];

  private constructor(readonly device: Device) {}

  static async open(device?: Device): Promise<Harness> {
    return new Harness(device ?? (await openNodeDevice()));
  }

  /** A buffer holding `values` and then NaNs. */
  input(values: ArrayLike<number>, label = "input"): BufferView {
    const view = this.#buffer(label, values.length);
    this.device.write(view, padded(Float32Array.from(values)));
    return view;
  }

  /** A buffer holding 32-bit integers, bit for bit, and then NaNs. */
  words(values: Uint32Array, label = "words"): BufferView {
    const view = this.#buffer(label, values.length);
    this.device.write(view, padded(new Float32Array(values.slice().buffer)));
    return view;
  }

  /** A buffer of NaNs, or of `initial`, to be written by a kernel. */
  output(length: number, label = "output", initial?: Float32Array): Output {
    return { label, view: this.#buffer(label, length), length, ...(initial ? { initial } : {}) };
  }

  /** Runs the dispatches `times` over, each time from fresh outputs, and returns what stands in the outputs. */
  async run(dispatches: readonly Dispatch[], outputs: readonly Output[], times = 3): Promise<Float32Array[]> {
    const label = dispatches.map((entry) => entry.label).join(", ");
    const recording = await Recording.create(this.device, label, dispatches);
    let first: Float32Array[] | undefined;
    for (let time = 0; time < times; time++) {
      for (const { view, length, initial } of outputs) {
        this.device.write(view, padded(initial ?? unwritten(length)));
      }
      const results = await this.device.guard(label, async () => {
        recording.submit();
        return Promise.all(outputs.map(({ view }) => this.device.read(view)));
      });
      results.forEach((values, i) => {
        inspect(`${label}: ${outputs[i]!.label}`, values, outputs[i]!.length, first?.[i]);
      });
      first ??= results;
    }
    return first!.map((values, i) => values.subarray(0, outputs[i]!.length));
  }

  /** Frees the buffers of one test. */
  free(): void {
    for (const buffer of this.#buffers.splice(0)) this.device.destroyBuffer(buffer);
  }

  #buffer(label: string, length: number): BufferView {
    const bytes = Math.ceil((length + TAIL) / 4) * 16;
    const buffer = this.device.createBuffer(label, bytes);
    this.#buffers.push(buffer);
    return { buffer, offset: 0, bytes };
  }
}

/** Reproducible numbers in [−1, 1): a 32-bit multiplicative hash of index and seed. */
export function random(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
}

function unwritten(length: number): Float32Array {
  return new Float32Array(new Uint32Array(length).fill(UNWRITTEN).buffer);
}

function padded(values: Float32Array): Uint32Array {
  const all = new Uint32Array(Math.ceil((values.length + TAIL) / 4) * 4).fill(UNWRITTEN);
  all.set(new Uint32Array(values.buffer, values.byteOffset, values.length));
  return all;
}

function inspect(label: string, values: Float32Array, length: number, first: Float32Array | undefined): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const before = first && new Uint32Array(first.buffer, first.byteOffset, first.length);
  for (let i = 0; i < bits.length; i++) {
    const blank = bits[i] === UNWRITTEN;
    if (i < length && blank) throw new Error(`${label}: element ${i} of ${length} was never written`);
    if (i >= length && !blank) throw new Error(`${label}: wrote ${values[i]} ${i - length} elements past the end`);
    if (first && before?.[i] !== bits[i]) {
      throw new Error(`${label}: element ${i} was ${first[i]}, and ${values[i]} when run again`);
    }
  }
}
