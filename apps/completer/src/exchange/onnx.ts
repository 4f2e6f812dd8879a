/** Both networks as ONNX models, with their weights inside. */
import { constant, input, type Shape, type Tensor } from "@kintsugi/autodiff";
import { discriminator, generator, type Model, modelSpecs } from "@kintsugi/dcgan";
import { State } from "@kintsugi/nn";
import { toOnnx } from "@kintsugi/onnx";

/**
 * `generator`: z [batch, nz] → images [batch, size, size, channels] in [−1, 1]. `discriminator`: images → logits [batch, 1].
 * In evaluation mode, opset 18, layout NHWC at the ends.
 */
export function toOnnxFiles({ config, values }: Model, batch: number) {
  const weights = new Map(
    modelSpecs(config).map(({ name, shape }): [string, Tensor] => [name, constant(values.get(name)!, shape as Shape)]),
  );
  const state = () => new State(weights);
  const z = input("z", [batch, config.nz]);
  const pictures = input("images", [batch, config.size, config.size, config.channels]);
  const images = generator(state(), config, z, { training: false });
  const logits = discriminator(state(), config, pictures, { training: false });
  return {
    generator: toOnnx({ name: "generator", outputs: { images } }).bytes,
    discriminator: toOnnx({ name: "discriminator", outputs: { logits } }).bytes,
  };
}
