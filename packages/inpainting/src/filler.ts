/** An inpainting network in a back end: pictures and masks in, completed pictures out. */
import { type Backend, type Executable, input } from "@kintsugi/autodiff";
import { createVariables, type NamedValues, State, type Variables, writeAll } from "@kintsugi/nn";
import type { Mask } from "@kintsugi/scene";
import { type InpainterConfig, inpainterSpecs } from "./config.js";
import { inpainter } from "./network.js";

export class Filler {
  private constructor(
    private readonly backend: Backend,
    readonly config: InpainterConfig,
    private readonly variables: Variables,
    private readonly batch: number,
    private readonly executable: Executable,
    private readonly owned: boolean,
  ) {}

  /**
   * @param state the network's values, or variables of a training that is going on
   * @param batch pictures that pass it at a time
   */
  static async create(
    backend: Backend,
    config: InpainterConfig,
    state: NamedValues | { readonly variables: Variables },
    batch: number,
  ): Promise<Filler> {
    const owned = !("variables" in state);
    const variables = owned ? createVariables(inpainterSpecs(config)) : state.variables;
    if (owned) writeAll(backend, variables, state);
    const { size, channels } = config;
    const images = input("images", [batch, size, size, channels]);
    const known = input("known", [batch, size, size]);
    const painted = inpainter(new State(variables), config, images, known);
    const executable = await backend.compile({ name: "inpainter", outputs: { painted } });
    return new Filler(backend, config, variables, batch, executable, owned);
  }

  /**
   * Known pixels keep every bit; the others are the network's, clipped to [−1, 1].
   *
   * @param images [n, size, size, channels] in [−1, 1], n any number; what is missing may hold any finite value
   * @param masks n of them
   * @returns [n, size, size, channels]
   */
  async fill(images: Float32Array, masks: readonly Mask[]): Promise<Float32Array> {
    const { size, channels } = this.config;
    const [pixels, stride] = [size * size, size * size * channels];
    const all = images.slice();
    const part = new Float32Array(this.batch * stride);
    const known = new Float32Array(this.batch * pixels);
    for (let first = 0; first < masks.length; first += this.batch) {
      const here = masks.slice(first, first + this.batch);
      part.fill(0).set(images.subarray(first * stride, (first + here.length) * stride));
      known.fill(1);
      here.forEach((mask, i) => {
        known.set(mask.pixels, i * pixels);
      });
      await this.executable.run({ images: part, known });
      const { painted } = await this.executable.read("painted");
      for (let p = 0; p < here.length * pixels; p++) {
        if (known[p] === 1) continue;
        for (let c = p * channels; c < (p + 1) * channels; c++) {
          all[first * stride + c] = Math.min(1, Math.max(-1, painted![c]!));
        }
      }
    }
    return all;
  }

  destroy(): void {
    this.executable.destroy();
    if (this.owned) this.backend.free(this.variables.values());
  }
}
