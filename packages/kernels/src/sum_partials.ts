/** The second half of a product that was cut along its sum: adds the partials in their order. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";

/** y[i] = leaky(bias[i mod channels] + Σ partials[s,i]), the sum over s < splits in order. */
export function sumPartials(
  label: string,
  splits: number,
  length: number,
  views: { readonly partials: BufferView; readonly y: BufferView; readonly bias?: BufferView | undefined },
  {
    product,
    slope = 1,
    channels = 1,
  }: { readonly product: string; readonly slope?: number; readonly channels?: number },
): Dispatch {
  return dispatch(shaders.sumPartials, {
    label: `${label}, sum of ${splits}`,
    bindings: { partials: views.partials, bias: views.bias ?? views.partials, y: views.y },
    constants: { LENGTH: length, SPLITS: splits, CHANNELS: channels, HAS_BIAS: views.bias ? 1 : 0, SLOPE: slope },
    workgroups: Math.ceil(length / shaders.sumPartials.sizes.WORKGROUP),
    flops: length * splits,
    product,
  });
}
