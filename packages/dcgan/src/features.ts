/**
 * Features of images that depend on nothing learnt: three convolutions with random filters of a fixed seed, leaky ReLUs
 * between, and of every channel of each layer the mean over the image. A Fréchet distance over them needs no download, and no
 * model can have been trained to please it.
 */
import {
  type Backend,
  blockMean,
  constant,
  type Executable,
  input,
  leakyRelu,
  sizeOf,
  type Tensor,
} from "@kintsugi/autodiff";
import { convLayer, normal, PURPOSE } from "@kintsugi/nn";
import type { DcganConfig } from "./config.js";

const KERNEL = 5;
const WIDTHS = [16, 32, 64];
/** Numbers of an image. */
export const FEATURES = WIDTHS.reduce((sum, width) => sum + width);
/** Of the filters: distances compare as long as it stays. */
const SEED = 0x66726563;

export class RandomFeatures {
  private constructor(
    readonly config: DcganConfig,
    readonly batch: number,
    readonly executable: Executable,
  ) {}

  static async create(backend: Backend, config: DcganConfig, batch = 64): Promise<RandomFeatures> {
    let x = input("images", [batch, config.size, config.size, config.channels]);
    const outputs: Record<string, Tensor> = {};
    for (const [layer, width] of WIDTHS.entries()) {
      const shape = [KERNEL, KERNEL, x.shape[3]!, width];
      // The deviation that keeps the size of activations (He et al. 2015).
      const sigma = Math.sqrt(2 / (KERNEL ** 2 * x.shape[3]!));
      const filter = normal({ seed: SEED, purpose: PURPOSE.weights, index: layer }, sizeOf(shape), sigma);
      const weights = { get: (name: string) => (name.endsWith("/w") ? constant(filter, shape) : constant(0, [width])) };
      x = leakyRelu(convLayer(weights, "random", x));
      outputs[`layer${layer}`] = blockMean(x, x.shape[1]!);
    }
    return new RandomFeatures(config, batch, await backend.compile({ name: "features", outputs }));
  }

  /**
   * @param images any number of [size, size, channels] in [−1, 1]
   * @returns [count, FEATURES]
   */
  async of(images: Float32Array): Promise<Float32Array> {
    const image = this.config.size ** 2 * this.config.channels;
    const count = images.length / image;
    const all = new Float32Array(count * FEATURES);
    const part = new Float32Array(this.batch * image);
    for (let start = 0; start < count; start += this.batch) {
      const here = Math.min(this.batch, count - start);
      part.fill(0);
      part.set(images.subarray(start * image, (start + here) * image));
      await this.executable.run({ images: part });
      const layers = Object.values(await this.executable.read(...WIDTHS.map((_, layer) => `layer${layer}`)));
      for (let n = 0; n < here; n++) {
        let at = (start + n) * FEATURES;
        for (const [layer, width] of WIDTHS.entries()) {
          all.set(layers[layer]!.subarray(n * width, (n + 1) * width), at);
          at += width;
        }
      }
    }
    return all;
  }

  destroy(): void {
    this.executable.destroy();
  }
}
