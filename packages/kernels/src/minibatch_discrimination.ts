/** Minibatch discrimination: how close the images of a batch are to each other, and the gradient. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { workgroupsFor } from "./pointwise.js";

/** x [groups·rows, kernels, dims]: images of one group see each other. */
export interface MinibatchShape {
  readonly groups: number;
  readonly rows: number;
  readonly kernels: number;
  readonly dims: number;
}

type Views<N extends string> = Readonly<Record<N, BufferView>>;

const common = (name: string, { groups, rows, kernels, dims }: MinibatchShape, size: number) => ({
  label: `${name} ${groups * rows}×${kernels}×${dims}`,
  constants: { SIZE: size, ROWS: rows, KERNELS: kernels, DIMS: dims },
  workgroups: workgroupsFor(size),
});

/** y[n,k] = Σ over j ≠ n in n's group of exp(−Σ_d |x[n,k,d] − x[j,k,d]|). */
export function minibatchDiscrimination(shape: MinibatchShape, bindings: Views<"x" | "y">): Dispatch {
  const size = shape.groups * shape.rows * shape.kernels;
  return dispatch(shaders.minibatchDiscrimination, { bindings, ...common("minibatch_discrimination", shape, size) });
}

/** dx from dy and x; the derivative of |·| at 0 is 0. */
export function minibatchDiscriminationGrad(shape: MinibatchShape, bindings: Views<"dy" | "x" | "dx">): Dispatch {
  // Numbers of one measure share its closeness: an invocation has several.
  const parts = Math.ceil(shape.dims / shaders.minibatchDiscriminationGrad.sizes.WIDTH);
  const size = shape.groups * shape.rows * shape.kernels * parts;
  return dispatch(shaders.minibatchDiscriminationGrad, {
    bindings,
    ...common("minibatch_discrimination_grad", shape, size),
  });
}
