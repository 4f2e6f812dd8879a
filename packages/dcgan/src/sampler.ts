/** Images from a model. */
import { type Backend, type Executable, input, sizeOf } from "@kintsugi/autodiff";
import { State, type Variables } from "@kintsugi/nn";
import { type DcganConfig, latentLength } from "./config.js";
import { generator } from "./networks.js";

/** Generates images in evaluation mode, from the variables of a trainer or a model. */
export class Sampler {
  private constructor(
    readonly config: DcganConfig,
    readonly batch: number,
    readonly executable: Executable,
  ) {}

  static async create(backend: Backend, config: DcganConfig, variables: Variables, batch: number): Promise<Sampler> {
    const z = input("z", [batch, latentLength(config)]);
    const images = generator(new State(variables), config, z, { training: false });
    return new Sampler(config, batch, await backend.compile({ name: "sample", outputs: { images } }));
  }

  /**
   * G(z) for any number of z.
   *
   * @param z [count, nz], or with classes [count, nz + classes], as `drawLatent` gives it
   * @returns images [count, size, size, channels] in [−1, 1]
   */
  async sample(z: Float32Array): Promise<Float32Array> {
    const { size, channels } = this.config;
    const length = latentLength(this.config);
    const count = z.length / length;
    if (!Number.isInteger(count)) throw new RangeError(`sample: ${z.length} values are no z of ${length}`);
    const image = sizeOf([size, size, channels]);
    const images = new Float32Array(count * image);
    const part = new Float32Array(this.batch * length);
    for (let start = 0; start < count; start += this.batch) {
      const here = Math.min(this.batch, count - start);
      part.fill(0);
      part.set(z.subarray(start * length, (start + here) * length));
      await this.executable.run({ z: part });
      const { images: made } = await this.executable.read("images");
      images.set(made!.subarray(0, here * image), start * image);
    }
    return images;
  }

  destroy(): void {
    this.executable.destroy();
  }
}
