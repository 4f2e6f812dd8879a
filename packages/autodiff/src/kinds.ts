/** Every kind of node that exists, with what it carries beside its inputs. A back end lowers exactly these. */
import type { ConvGeometry } from "@kintsugi/geometry";

export interface Attributes {
  // Leaves.
  /** Written by the caller before each run. */
  input: { readonly name: string };
  /** State that outlives a run: parameters, moments, running statistics. */
  variable: { readonly name: string };
  constant: { readonly values: Float32Array };

  // The trilinear form's three derivatives, and the dense product.
  conv2d: { readonly geometry: ConvGeometry };
  convTranspose2d: { readonly geometry: ConvGeometry };
  conv2dGradWeight: { readonly geometry: ConvGeometry };
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };

  // Per channel (the last axis).
  addBias: object;
  sumRows: object;
  batchNorm: BatchNormAttributes;
  batchNormGrad: BatchNormAttributes;
  batchNormInference: Omit<BatchNormAttributes, "groups">;
  batchNormInferenceGrad: Omit<BatchNormAttributes, "groups">;

  // Element by element.
  leakyRelu: { readonly slope: number };
  leakyReluGrad: { readonly slope: number };
  tanh: object;
  tanhGrad: object;
  sigmoid: object;
  sigmoidGrad: object;
  rsqrt: object;
  bceWithLogits: object;
  bceWithLogitsGrad: object;
  /** alpha·a + beta·b. */
  add: { readonly alpha: number; readonly beta: number };
  multiply: object;
  scale: { readonly factor: number };

  // Sums and their adjoints.
  sum: { readonly groups: number };
  spread: { readonly groups: number };
  squaredNorm: object;
  maskedL1: object;
  maskedL1Grad: object;
  blockMean: { readonly side: number };
  blockMeanGrad: { readonly side: number };

  // Distorted images.
  saturate: object;
  translate: object;
  /** Height and width of what is cut out. */
  cutout: { readonly box: readonly [number, number] };

  // Between images of a batch.
  minibatchDiscrimination: { readonly groups: number };
  minibatchDiscriminationGrad: { readonly groups: number };

  /** Not every back end has it: see `Backend.lacks`. */
  poissonBlend: object;

  // Layout.
  reshape: object;
  concat: object;
  slice: { readonly start: number };
  padRows: { readonly start: number };

  /** Not every back end has it: see `Backend.lacks`. */
  pickImages: object;

  // State: each output takes the place of the input at the same position.
  adam: { readonly beta1: number; readonly beta2: number; readonly limit: number; readonly decay: boolean };
  projectedMomentum: { readonly momentum: number; readonly limit: number };
  movingAverage: object;
  runningAverage: { readonly momentum: number };
}

export interface BatchNormAttributes {
  readonly eps: number;
  /** Slope of the leaky ReLU that follows: 1 for none, 0 for ReLU. */
  readonly slope: number;
  /** The batch is this many equal parts, each normalised by its own statistics. */
  readonly groups: number;
}

export type Kind = keyof Attributes;
