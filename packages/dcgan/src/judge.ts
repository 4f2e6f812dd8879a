/** What D makes of images. */
import { type Backend, type Executable, input, sigmoid, sizeOf } from "@kintsugi/autodiff";
import { State, type Variables } from "@kintsugi/nn";
import type { DcganConfig } from "./config.js";
import { discriminator } from "./networks.js";

/** Judges images in evaluation mode, by the running statistics, so that no image's judgement depends on the others'. */
export class Judge {
  private constructor(
    readonly config: DcganConfig,
    readonly batch: number,
    readonly executable: Executable,
  ) {}

  static async create(backend: Backend, config: DcganConfig, variables: Variables, batch: number): Promise<Judge> {
    const images = input("images", [batch, config.size, config.size, config.channels]);
    const classes = config.classes && input("classes", [batch, config.classes.length]);
    const real = sigmoid(discriminator(new State(variables), config, images, { training: false }, classes));
    return new Judge(config, batch, await backend.compile({ name: "judge", outputs: { real } }));
  }

  /**
   * D(x) for any number of images: how sure D is that each is real.
   *
   * @param images [count, size, size, channels] in [−1, 1]
   * @param labels the class that each is judged as, by its place in `config.classes`, where the model has classes
   * @returns [count] in [0, 1]
   */
  async judge(images: Float32Array, labels?: ArrayLike<number>): Promise<Float32Array> {
    const { size, channels, classes } = this.config;
    if (classes && !labels) throw new Error("judge: this model has classes; say as which each image is to be judged");
    const image = sizeOf([size, size, channels]);
    const count = images.length / image;
    const judged = new Float32Array(count);
    const part = new Float32Array(this.batch * image);
    const oneHot = (start: number, here: number) => {
      const rows = new Float32Array(this.batch * classes!.length);
      for (let n = 0; n < here; n++) rows[n * classes!.length + labels![start + n]!] = 1;
      return rows;
    };
    for (let start = 0; start < count; start += this.batch) {
      const here = Math.min(this.batch, count - start);
      part.fill(0);
      part.set(images.subarray(start * image, (start + here) * image));
      await this.executable.run({ images: part, ...(classes ? { classes: oneHot(start, here) } : {}) });
      const { real } = await this.executable.read("real");
      judged.set(real!.subarray(0, here), start);
    }
    return judged;
  }

  destroy(): void {
    this.executable.destroy();
  }
}
