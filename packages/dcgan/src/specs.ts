/** What the networks of a configuration own: the names, shapes and first values of their parameters. */
import { batchNormSpecs, convSpecs, linearSpecs, type ParameterSpec } from "@kintsugi/nn";
import { classSpecs } from "./classes.js";
import { type DcganConfig, depthOf, discriminatorWidths, generatorWidths, latentLength } from "./config.js";
import { minibatchSpecs } from "./minibatch.js";
import { spectralSpecs } from "./spectral.js";

/** Everything the generator owns, under the names of the original TensorFlow checkpoint. */
export function generatorSpecs(config: DcganConfig): ParameterSpec[] {
  const { kernel } = config;
  const widths = generatorWidths(config);
  const depth = depthOf(config);
  return [
    ...linearSpecs("generator/g_h0_lin", latentLength(config), 16 * widths[0]!),
    ...batchNormSpecs("generator/g_bn0", widths[0]!),
    ...widths.slice(1).flatMap((fine, i) => {
      const normalised = i + 1 < depth;
      return [
        ...convSpecs(`generator/g_h${i + 1}`, [kernel, kernel, fine, widths[i]!], { transposed: true, normalised }),
        ...(normalised ? batchNormSpecs(`generator/g_bn${i + 1}`, fine) : []),
      ];
    }),
  ];
}

/** Everything the discriminator owns, likewise; with spectral normalisation, its vectors last. */
export function discriminatorSpecs(config: DcganConfig): ParameterSpec[] {
  const specs = layerSpecs(config);
  return config.spectralNorm ? [...specs, ...spectralSpecs(specs)] : specs;
}

function layerSpecs(config: DcganConfig): ParameterSpec[] {
  const { kernel } = config;
  const widths = discriminatorWidths(config);
  const features = 16 * widths.at(-1)!;
  const { minibatchKernels: closenesses = 0, classes } = config;
  return [
    ...widths.slice(1).flatMap((coarse, i) => {
      const normalised = i > 0 && config.dNorm !== "none";
      return [
        ...convSpecs(`discriminator/d_h${i}_conv`, [kernel, kernel, widths[i]!, coarse], {
          transposed: false,
          normalised,
        }),
        ...(normalised ? batchNormSpecs(`discriminator/d_bn${i}`, coarse) : []),
      ];
    }),
    ...(closenesses > 0 ? minibatchSpecs(features, closenesses) : []),
    ...linearSpecs(`discriminator/d_h${depthOf(config) - 1}_lin`, features + closenesses, 1),
    ...(classes ? classSpecs(features, classes.length) : []),
  ];
}
