/** Where searches begin: the best of many random z, seen once for all images. */
import { type Backend, type Executable, input } from "@kintsugi/autodiff";
import { discriminator, generator } from "@kintsugi/dcgan";
import { State } from "@kintsugi/nn";
import type { Mask } from "@kintsugi/scene";
import { DEFAULT_OBJECTIVE, type ObjectiveOptions } from "./objective.js";
import { latents, type Networks } from "./problem.js";

/** z of the pool are numbered from here, beyond all images. */
const FIRST = 2 ** 31;

export interface StartsOptions extends ObjectiveOptions {
  /** Pictures that pass the networks at a time. */
  readonly batch: number;
  /** Fixes the z. */
  readonly seed: number;
}

/** What the z are judged by; as in `Start`. */
export interface Wanted {
  readonly images: Float32Array;
  readonly masks: readonly Mask[];
  readonly weights?: readonly Float32Array[];
}

/**
 * Draws z, paints them once, and compares every picture with every image: a z costs a forward pass, whatever the number of
 * images, where a step of a search costs a forward and a backward pass for each of them.
 */
export class Starts {
  private constructor(
    private readonly networks: Networks,
    private readonly options: StartsOptions,
    private readonly paint: Executable,
  ) {}

  static async create(backend: Backend, networks: Networks, options: StartsOptions): Promise<Starts> {
    const { config, variables } = networks;
    const z = input("z", [options.batch, config.nz]);
    const images = generator(new State(variables), config, z, { training: false });
    const logits = discriminator(new State(variables), config, images, { training: false });
    return new Starts(networks, options, await backend.compile({ name: "starts", outputs: { images, logits } }));
  }

  /**
   * The best `keep` of `count` z for each image: [n · keep, nz], best first. The z are the same for all images, a function
   * of the seed alone, so that an image's do not depend on the others.
   *
   * @param proposals a further z for each image, [n, nz], that is judged beside them
   */
  async choose(wanted: Wanted, count: number, keep: number, proposals?: Float32Array): Promise<Float32Array> {
    const { batch, seed } = this.options;
    const { size, channels, nz } = this.networks.config;
    const stride = size * size * channels;
    const { pull, contextual: kind } = { ...DEFAULT_OBJECTIVE, ...this.options };
    const squared = kind === "l2";
    const distance = squared ? (gap: number) => gap * gap : Math.abs;
    const judges = wanted.masks.map((mask, n) =>
      judge(wanted.images.subarray(n * stride, (n + 1) * stride), mask, wanted.weights?.[n], channels, distance),
    );
    const best = judges.map(() => [] as Scored[]);
    /** Paints up to a batch of z; each is judged for the images that `of` names. */
    const consider = async (z: Float32Array, used: number, of: (k: number) => Iterable<number>) => {
      await this.paint.run({ z });
      const { images, logits } = await this.paint.read("images", "logits");
      for (let k = 0; k < used; k++) {
        const picture = images!.subarray(k * stride, (k + 1) * stride);
        const perceptual = this.perceptual(logits![k]!);
        const spread = z.subarray(k * nz, (k + 1) * nz).reduce((sum, value) => sum + value * value, 0) / nz;
        for (const n of of(k)) {
          const { contextual, reach } = judges[n]!;
          const list = best[n]!;
          const beside = perceptual + pull * reach * spread;
          const worst = list.length < keep ? Number.POSITIVE_INFINITY : list.at(-1)!.loss;
          const loss = beside + contextual(picture, worst - beside);
          if (!(loss < worst)) continue;
          const at = list.findIndex((other) => loss < other.loss);
          list.splice(at < 0 ? list.length : at, 0, { loss, z: z.slice(k * nz, (k + 1) * nz) });
          if (list.length > keep) list.pop();
        }
      }
    };
    for (let first = 0; first < count; first += batch) {
      await consider(latents(seed, FIRST + first, batch, nz), Math.min(batch, count - first), () => best.keys());
    }
    for (let first = 0; proposals && first < judges.length; first += batch) {
      const z = new Float32Array(batch * nz);
      z.set(proposals.subarray(first * nz, (first + batch) * nz));
      await consider(z, Math.min(batch, judges.length - first), (k) => [first + k]);
    }
    const chosen = new Float32Array(judges.length * keep * nz);
    best.forEach((list, n) => {
      for (let k = 0; k < keep; k++) chosen.set(list[k]!.z, (n * keep + k) * nz);
    });
    return chosen;
  }

  destroy(): void {
    this.paint.destroy();
  }

  /** λ·P of a logit of D. */
  private perceptual(logit: number): number {
    const { lambda, prior } = { ...DEFAULT_OBJECTIVE, ...this.options };
    return lambda * (prior === "nlogd" ? softplus(-logit) : -softplus(logit));
  }
}

interface Scored {
  readonly loss: number;
  readonly z: Float32Array;
}

const softplus = (a: number): number => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

interface Judge {
  /** The contextual loss of a picture against one image; it may stop adding beyond `limit`. */
  contextual(picture: Float32Array, limit: number): number;
  /** That of a picture which is 1 off everywhere. */
  readonly reach: number;
}

function judge(
  image: Float32Array,
  mask: Mask,
  weights: Float32Array | undefined,
  channels: number,
  distance: (gap: number) => number,
): Judge {
  const { size, pixels, means } = mask;
  const weighted = weights ?? pixels;
  const known = [...weighted.keys()].filter((p) => weighted[p] !== 0);
  const blocks = means && { ...means, goal: blockMeans(image, size, channels, means.block) };
  const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
  const reach = channels * (total(weighted) + (means ? total(means.known) : 0));
  const contextual: Judge["contextual"] = (picture, limit) => {
    let loss = 0;
    for (let k = 0; k < known.length && loss <= limit; k++) {
      const p = known[k]!;
      let gap = 0;
      for (let at = p * channels; at < (p + 1) * channels; at++) gap += distance(picture[at]! - image[at]!);
      loss += weighted[p]! * gap;
    }
    if (!blocks || loss > limit) return loss;
    const made = blockMeans(picture, size, channels, blocks.block);
    made.forEach((mean, at) => {
      loss += blocks.known[Math.floor(at / channels)]! * distance(mean - blocks.goal[at]!);
    });
    return loss;
  };
  return { contextual, reach };
}

/** [size/block, size/block, channels]. */
function blockMeans(image: Float32Array, size: number, channels: number, block: number): Float64Array {
  const side = size / block;
  const means = new Float64Array(side * side * channels);
  for (let at = 0; at < image.length; at++) {
    const [i, j, c] = [Math.floor(at / (size * channels)), Math.floor(at / channels) % size, at % channels];
    means[(Math.floor(i / block) * side + Math.floor(j / block)) * channels + c]! += image[at]! / block ** 2;
  }
  return means;
}
