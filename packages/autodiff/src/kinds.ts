/**
 * Every kind of node, a row each: what it carries beside its inputs, and what a back end must know of it besides its
 * arithmetic. A kind cannot be added without saying which role it plays; a back end lowers exactly these.
 */
import type { ConvGeometry } from "@kintsugi/geometry";

/** A value that is there before the first step. */
interface Leaf {
  readonly role: "leaf";
}

/** Computes new values. */
interface Value {
  readonly role: "value";
  /** The host may do it as well: a back end need not have it, see `Backend.lacks`. */
  readonly host?: boolean;
}

/** Multiplies its first two inputs; what follows may become a part of it. */
interface Product {
  readonly role: "product";
  /** Whether it can add a bias and apply a leaky ReLU itself. */
  readonly epilogue: boolean;
}

/** The same numbers under another shape. */
interface View {
  readonly role: "view";
}

/** Replaces state: each of the first outputs takes the place of the input at the same position. */
interface Replacement {
  readonly role: "state";
  /** How many inputs are replaced. The one after them is what moves them. */
  readonly replaces: number;
  /** Whether one kernel can do it for all state that lies side by side. */
  readonly batched: boolean;
}

/** What is known of a kind, whatever it carries. */
export type Facts = Leaf | Value | Product | View | Replacement;

/** Facts, and the type of what such a node carries, which exists at compile time only. */
type Row<A, F extends Facts> = F & { readonly attributes?: A };

const leaf = <A>(): Row<A, Leaf> => ({ role: "leaf" });
const value = <A = object>(): Row<A, Value> => ({ role: "value" });
const hosted = <A = object>(): Row<A, Value & { readonly host: true }> => ({ role: "value", host: true });
const product = <A>(facts: Omit<Product, "role">): Row<A, Product> => ({ role: "product", ...facts });
const view = <A = object>(): Row<A, View> => ({ role: "view" });
const state = <A = object>(facts: Omit<Replacement, "role">): Row<A, Replacement> => ({ role: "state", ...facts });

export const KINDS = {
  // Leaves.
  /** Written by the caller before each run. */
  input: leaf<{ readonly name: string }>(),
  /** State that outlives a run: parameters, moments, running statistics. */
  variable: leaf<{ readonly name: string }>(),
  constant: leaf<{ readonly values: Float32Array }>(),

  // The trilinear form's three derivatives, and the dense product.
  conv2d: product<{ readonly geometry: ConvGeometry }>({ epilogue: true }),
  convTranspose2d: product<{ readonly geometry: ConvGeometry }>({ epilogue: true }),
  conv2dGradWeight: product<{ readonly geometry: ConvGeometry }>({ epilogue: false }),
  matmul: product<{ readonly transposeA: boolean; readonly transposeB: boolean }>({ epilogue: true }),

  // Per channel (the last axis).
  addBias: value(),
  sumRows: value(),
  batchNorm: value<BatchNormAttributes>(),
  batchNormGrad: value<BatchNormAttributes>(),
  batchNormInference: value<Omit<BatchNormAttributes, "groups">>(),
  batchNormInferenceGrad: value<Omit<BatchNormAttributes, "groups">>(),

  // Element by element.
  leakyRelu: value<{ readonly slope: number }>(),
  leakyReluGrad: value<{ readonly slope: number }>(),
  tanh: value(),
  tanhGrad: value(),
  sigmoid: value(),
  sigmoidGrad: value(),
  rsqrt: value(),
  bceWithLogits: value(),
  bceWithLogitsGrad: value(),
  /** alpha·a + beta·b. */
  add: value<{ readonly alpha: number; readonly beta: number }>(),
  multiply: value(),
  scale: value<{ readonly factor: number }>(),

  // Sums and their adjoints.
  sum: value<{ readonly groups: number }>(),
  spread: value<{ readonly groups: number }>(),
  squaredNorm: value(),
  maskedL1: value(),
  maskedL1Grad: value(),
  blockMean: value<{ readonly side: number }>(),
  blockMeanGrad: value<{ readonly side: number }>(),

  // Distorted images.
  saturate: value(),
  translate: value(),
  /** Height and width of what is cut out. */
  cutout: value<{ readonly box: readonly [number, number] }>(),

  // Between images of a batch.
  minibatchDiscrimination: value<{ readonly groups: number }>(),
  minibatchDiscriminationGrad: value<{ readonly groups: number }>(),

  poissonBlend: hosted(),

  // Layout.
  reshape: view(),
  concat: value(),
  slice: value<{ readonly start: number }>(),
  padRows: value<{ readonly start: number }>(),

  pickImages: hosted(),

  // State: each output takes the place of the input at the same position.
  adam: state<{ readonly beta1: number; readonly beta2: number; readonly limit: number; readonly decay: boolean }>({
    replaces: 3,
    batched: true,
  }),
  projectedMomentum: state<{ readonly momentum: number; readonly limit: number }>({ replaces: 2, batched: false }),
  movingAverage: state({ replaces: 1, batched: true }),
  runningAverage: state<{ readonly momentum: number }>({ replaces: 1, batched: true }),
};

export interface BatchNormAttributes {
  readonly eps: number;
  /** Slope of the leaky ReLU that follows: 1 for none, 0 for ReLU. */
  readonly slope: number;
  /** The batch is this many equal parts, each normalised by its own statistics. */
  readonly groups: number;
}

type Rows = typeof KINDS;

export type Kind = keyof Rows;

/** What a node of each kind carries. */
export type Attributes = {
  readonly [K in Kind]: Rows[K] extends { readonly attributes?: infer A } ? NonNullable<A> : never;
};

/** Kinds that a back end may leave to the host. */
export type HostKind = { [K in Kind]: Rows[K] extends { readonly host: true } ? K : never }[Kind];

/** What is known of a kind. */
export function factsOf(kind: Kind): Facts {
  return KINDS[kind];
}
