/** What makes a z good: G(z) agrees with what is known of the picture, and D takes it for real. */
import {
  add,
  bceWithLogits,
  blockMean,
  constant,
  maskedL1,
  multiply,
  reshape,
  scale,
  spread,
  sum,
  type Tensor,
} from "@kintsugi/autodiff";
import { type DcganConfig, discriminator, generator } from "@kintsugi/dcgan";
import type { State } from "@kintsugi/nn";

/**
 * The perceptual loss of a logit a of D. `nlogd`: softplus(−a) = −log D, strong where D rejects (Amos' program). `log1md`:
 * −softplus(a) = log(1 − D), which fades where D rejects and has no lower bound (the blog, and Yeh et al.).
 */
export type Prior = "nlogd" | "log1md";

export interface ObjectiveOptions {
  /** How much the perceptual loss counts beside the contextual one. Default 0.1. */
  readonly lambda?: number;
  /** Default nlogd. */
  readonly prior?: Prior;
  /** The distance of known pixels: Σ|difference| (default; Yeh et al. found it better) or Σ difference². */
  readonly contextual?: Contextual;
  /**
   * How strongly z is pulled towards 0, where the model's most ordinary pictures are: pull · W · (mean of z²), W the contextual
   * loss of a picture that is 1 off everywhere. So a pull has the same effect under all masks and weights. Default 0.
   */
  readonly pull?: number;
  /**
   * How far G's first layer may stray from what z makes of it, so that pictures are found which no z has: x = z·M + b + stray·σ·d,
   * σ the spread of z·M over all z, d searched with z and pulled to 0 like it. 0 = not at all. L-BFGS alone moves d. Default 0.
   */
  readonly stray?: number;
}

export type Contextual = "l1" | "l2";

export const DEFAULT_OBJECTIVE: Required<ObjectiveOptions> = {
  lambda: 0.1,
  prior: "nlogd",
  contextual: "l1",
  pull: 0,
  stray: 0,
};

/** What is known of a batch. */
export interface Target {
  /** [N, size, size, channels] in [−1, 1]; what is missing may hold anything. */
  readonly images: Tensor;
  /** [N, size, size]: how much each pixel counts, 0 where it is missing. */
  readonly weights: Tensor;
  /** How much the mean of each block counts: [N, size/block, size/block]. */
  readonly means?: { readonly block: number; readonly weights: Tensor };
  /** How much each z² counts, pull · W/nz of each image: [N]; needed where there is a pull. */
  readonly tether?: Tensor;
}

export interface Objective {
  /** G(z) [N, size, size, channels] in [−1, 1]. */
  readonly images: Tensor;
  /** [N], in units of pixel values (or their squares), summed over pixels and channels. */
  readonly contextual: Tensor;
  /** [N], not yet multiplied by λ. */
  readonly perceptual: Tensor;
  /** tether · (Σz² + Σd²): [N], where there is a tether. */
  readonly restraint?: Tensor;
  /** Σ over the batch of contextual + λ·perceptual + restraint: its gradient in one z depends on no other image. */
  readonly loss: Tensor;
}

/**
 * contextual = Σ weights·|G(z) − y| + Σ weights of means·|A(G(z)) − A(y)|, A the block mean; perceptual = P(D(G(z)));
 * restraint = tether·(Σz² + Σd²), the logarithm of a normal density.
 * Both networks work with their running statistics, so that images of a batch do not see each other.
 *
 * @param z [N, nz]
 * @param stray d and stray·σ: see `ObjectiveOptions.stray`
 */
export function objective(
  state: State,
  config: DcganConfig,
  z: Tensor,
  target: Target,
  options: ObjectiveOptions = {},
  stray?: { readonly d: Tensor; readonly scale: number },
): Objective {
  const { lambda, prior, contextual: kind } = { ...DEFAULT_OBJECTIVE, ...options };
  const distance = kind === "l1" ? maskedL1 : maskedL2;
  const images = generator(state, config, z, { training: false }, stray && scale(stray.d, stray.scale));
  let contextual = distance(images, target.images, target.weights);
  if (target.means) {
    const { block, weights } = target.means;
    const means = distance(blockMean(images, block), blockMean(target.images, block), weights);
    contextual = add(contextual, means);
  }
  const logits = discriminator(state, config, images, { training: false });
  const real = bceWithLogits(logits, constant(prior === "nlogd" ? 1 : 0, logits.shape));
  const perceptual = reshape(prior === "nlogd" ? real : scale(real, -1), [z.shape[0]!]);
  const loss = add(sum(contextual), sum(perceptual), 1, lambda);
  if (!target.tether) return { images, contextual, perceptual, loss };
  const square = (x: Tensor) => sum(multiply(x, x), x.shape[0]!);
  const restraint = multiply(target.tether, stray ? add(square(z), square(stray.d)) : square(z));
  return { images, contextual, perceptual, restraint, loss: add(loss, sum(restraint)) };
}

/** Σ weight·(x − y)² of each image; weight [N, H, W]. */
function maskedL2(x: Tensor, y: Tensor, weight: Tensor): Tensor {
  const gap = add(x, y, 1, -1);
  return sum(multiply(spread(weight, x.shape), multiply(gap, gap)), x.shape[0]!);
}
