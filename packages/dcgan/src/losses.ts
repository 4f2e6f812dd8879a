/** What D and G minimise of D's logits. */
import { add, bceWithLogits, constant, mean, multiply, relu, scale, type Tensor } from "@kintsugi/autodiff";

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
