/** One training step of an inpainting network as a program. */
import { grad, input, maskedL1, type Program, scale, squaredNorm, sum } from "@kintsugi/autodiff";
import { applyAdam, State, type Variables } from "@kintsugi/nn";
import { type InpainterConfig, inpainterSpecs } from "./config.js";
import { inpainter } from "./network.js";

/** Weight of known pixels beside that of missing ones, where both were as many. */
const REST = 0.1;

/**
 * Inputs: `images` [batch, size, size, channels] in [−1, 1], `known` and `weight` [batch, size, size], and `rate` [2] (see
 * `adamRate`). Records: `loss`, the mean over the images of Σ weight·|F(M·y, M) − y|, and `norm`, the squared norm of its
 * gradient.
 */
export function trainingProgram(config: InpainterConfig, batch: number, variables: Variables): Program {
  const { size, channels } = config;
  const state = new State(variables);
  const images = input("images", [batch, size, size, channels]);
  const known = input("known", [batch, size, size]);
  const painted = inpainter(state, config, images, known);
  const loss = scale(sum(maskedL1(painted, images, input("weight", [batch, size, size]))), 1 / batch);
  const names = inpainterSpecs(config).map(({ name }) => name);
  const gradients = grad(
    loss,
    names.map((name) => state.get(name)),
  );
  applyAdam(state, names, gradients, input("rate", [2]), { beta1: 0.9 });
  const records = { loss, norm: squaredNorm(gradients) };
  return { name: "inpainting step", records, updates: state.updates() };
}

/**
 * What each pixel of an image counts in the loss: all missing ones 1 together, all known ones `REST`, so that pictures with
 * small holes count as much as others. In units of one value, so divided by the channels.
 */
export function lossWeight(known: Float32Array, channels: number): Float32Array {
  const there = known.reduce((count, value) => count + value, 0);
  const missing = known.length - there;
  const [hole, rest] = [missing && 1 / (missing * channels), there && REST / (there * channels)];
  return known.map((value) => (value === 1 ? rest : hole));
}
