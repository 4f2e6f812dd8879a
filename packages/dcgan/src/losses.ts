/** What D and G minimise of D's logits. */
import {
  add,
  bceWithLogits,
  constant,
  grad,
  mean,
  multiply,
  relu,
  scale,
  slice,
  squaredNorm,
  sum,
  type Tensor,
} from "@kintsugi/autodiff";

/** Cross-entropy (Goodfellow et al. 2014, G's in the form that does not saturate), or hinge (Lim and Ye 2017). */
export type Loss = "bce" | "hinge";

/**
 * D's loss of real images and of fakes: mean cross-entropy with `realLabel` and with 0; or mean max(0, 1 − D(x)) and
 * max(0, 1 + D(G(z))).
 *
 * @param logits [2N, 1], of the real images and then of the fakes
 * @returns [2]
 */
export function discriminatorLoss(loss: Loss, logits: Tensor, realLabel: number): Tensor {
  const count = logits.shape[0]!;
  const goals = (real: number, fake: number) =>
    constant(new Float32Array(count).fill(fake).fill(real, 0, count / 2), logits.shape);
  if (loss === "bce") return mean(bceWithLogits(logits, goals(realLabel, 0)), 2);
  return mean(relu(add(constant(1, logits.shape), multiply(logits, goals(1, -1)), 1, -1)), 2);
}

/** G's: mean −log D(G(z)); or with hinge the mean of −D(G(z)). */
export function generatorLoss(loss: Loss, logits: Tensor): Tensor {
  return loss === "bce" ? mean(bceWithLogits(logits, constant(1, logits.shape))) : scale(mean(logits), -1);
}

/**
 * The zero-centred gradient penalty on real images, R1 (Mescheder et al. 2018): weight/2 · mean ‖∇ₓ D(x)‖², D(x) being the logit.
 *
 * @param seen what D saw, [2N, H, W, C], the first N of them real
 * @param logits [2N, 1]
 * @returns [1]
 */
export function gradientPenalty(weight: number, seen: Tensor, logits: Tensor): Tensor {
  const count = logits.shape[0]! / 2;
  const [slope] = grad(sum(slice(logits, 0, count)), [seen]);
  return scale(squaredNorm([slice(slope!, 0, count)]), weight / (2 * count));
}
