/**
 * The training and completion steps of two generators: the blog's (8, 4, 2, 1 times ngf), which is the product's own, and
 * the wide one of the original program's last commit (8, 8, 4, 2 times ngf), which only the benchmarks know, because other
 * implementations are often measured with it.
 */
import {
  add,
  bceWithLogits,
  concat,
  constant,
  grad,
  input,
  maskedL1,
  mean,
  type Program,
  reshape,
  sigmoid,
  sum,
  type Tensor,
  tanh,
  variable,
} from "@kintsugi/autodiff";
import { type DcganConfig, discriminator, discriminatorSpecs, generatorSpecs, generatorWidths } from "@kintsugi/dcgan";
import {
  adamSpecs,
  applyAdam,
  batchNormLayer,
  batchNormSpecs,
  convSpecs,
  convTransposeLayer,
  createVariables,
  linear,
  linearSpecs,
  type Mode,
  type ParameterSpec,
  State,
  type Statistics,
  updateStatistics,
  type Variables,
} from "@kintsugi/nn";

export const ARCHITECTURES = ["blog", "wide"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Channels of the generator's start and of what each transposed convolution makes. */
export function widthsOf(architecture: Architecture, config: DcganConfig): number[] {
  const blog = generatorWidths(config);
  // The wide one repeats the first width, and so has each of the others one layer later.
  return architecture === "blog" ? blog : [blog[0]!, ...blog.slice(0, -2), config.channels];
}

export function generatorSpecsOf(architecture: Architecture, config: DcganConfig): ParameterSpec[] {
  if (architecture === "blog") return generatorSpecs(config);
  const widths = widthsOf(architecture, config);
  const { kernel } = config;
  return [
    ...linearSpecs("generator/g_h0_lin", config.nz, 16 * widths[0]!),
    ...batchNormSpecs("generator/g_bn0", widths[0]!),
    ...widths.slice(1).flatMap((fine, i) => {
      const normalised = i + 2 < widths.length;
      return [
        ...convSpecs(`generator/g_h${i + 1}`, [kernel, kernel, fine, widths[i]!], { transposed: true, normalised }),
        ...(normalised ? batchNormSpecs(`generator/g_bn${i + 1}`, fine) : []),
      ];
    }),
  ];
}

/** Everything that a training step reads and replaces. */
export function stateSpecs(architecture: Architecture, config: DcganConfig): ParameterSpec[] {
  const specs = [...generatorSpecsOf(architecture, config), ...discriminatorSpecs(config)];
  return [...specs, ...adamSpecs(specs)];
}

/** G(z) of either architecture; of the blog's, the same graph as the product's own. */
export function generate(architecture: Architecture, state: State, config: DcganConfig, z: Tensor, mode: Mode): Tensor {
  const widths = widthsOf(architecture, config);
  let x = reshape(linear(state, "generator/g_h0_lin", z), [z.shape[0]!, 4, 4, widths[0]!]);
  for (let i = 0; i + 1 < widths.length; i++) {
    x = batchNormLayer(state, `generator/g_bn${i}`, x, 0, mode);
    x = convTransposeLayer(state, `generator/g_h${i + 1}`, x);
  }
  return tanh(x);
}

/** One update of D and two of G, with the inputs and records of the product's own `trainingProgram`. */
export function trainingStep(
  architecture: Architecture,
  config: DcganConfig,
  batch: number,
  variables: Variables,
): Program {
  const state = new State(variables);
  const images = input("images", [batch, config.size, config.size, config.channels]);
  const z = input("z", [batch, config.nz]);
  const records: Record<string, Tensor> = {};
  const follow = (statistics: Statistics[], groups = 1): Mode => ({
    training: true,
    groups,
    onStatistics: (found) => statistics.push(found),
  });
  const generated = () => {
    const statistics: Statistics[] = [];
    const made = generate(architecture, state, config, z, follow(statistics));
    updateStatistics(state, statistics);
    return made;
  };

  let fake = generated();
  const passed: Statistics[] = [];
  const logits = discriminator(state, config, concat(images, fake), follow(passed, 2));
  const goals = new Float32Array(2 * batch).fill(1, 0, batch);
  const losses = mean(bceWithLogits(logits, constant(goals, logits.shape)), 2);
  descend(state, sum(losses), discriminatorSpecs(config), "rateD0");
  updateStatistics(state, passed);
  Object.assign(records, { dLoss: losses, dMean: mean(sigmoid(logits), 2) });

  for (let step = 0; step < 2; step++) {
    if (step > 0) fake = generated();
    const judged = discriminator(state, config, fake, follow([]));
    const loss = mean(bceWithLogits(judged, constant(1, judged.shape)));
    descend(state, loss, generatorSpecsOf(architecture, config), `rateG${step}`);
    records[`gLoss${step}`] = loss;
  }
  return { name: `training step, ${architecture}`, records, updates: state.updates() };
}

function descend(state: State, loss: Tensor, specs: readonly ParameterSpec[], rate: string): void {
  const names = specs.filter(({ trainable }) => trainable).map(({ name }) => name);
  const gradients = grad(
    loss,
    names.map((name) => state.get(name)),
  );
  applyAdam(state, names, gradients, input(rate, [2]), { beta1: 0.5 });
}

/** One step of the search over z by Adam, with the product's objective at λ = 0.1. */
export function completionStep(architecture: Architecture, config: DcganConfig, batch: number, variables: Variables) {
  const { size, channels } = config;
  const z = createVariables(
    [["z"], ["adam_m/z"], ["adam_v/z"]].map(([name]) => ({
      name: name!,
      shape: [batch, config.nz],
      initial: 0,
      trainable: false,
    })),
  );
  const images = variable("images", [batch, size, size, channels]);
  const weights = variable("weights", [batch, size, size]);
  const state = new State(new Map([...variables, ...z]));
  const made = generate(architecture, state, config, state.get("z"), { training: false });
  const contextual = maskedL1(made, images, weights);
  const logits = discriminator(state, config, made, { training: false });
  const perceptual = bceWithLogits(logits, constant(1, logits.shape));
  const loss = add(sum(contextual), sum(perceptual), 1, 0.1);
  const [dz] = grad(loss, [state.get("z")]);
  applyAdam(state, ["z"], [dz!], input("rate", [2]), { beta1: 0.9, limit: 1 });
  const program: Program = { name: `completion step, ${architecture}`, records: { loss }, updates: state.updates() };
  return { program, z: z.get("z")!, images, weights };
}
