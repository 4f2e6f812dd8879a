/** What optimisers and running averages do to state: plain expressions here, of old values and new. */
import type { Tensor } from "@kintsugi/autodiff";
import type { Model, Name } from "../model.js";
import { expressions, type Lower } from "./at.js";

export const adam: Lower<"adam"> = (node, { model, values }) => {
  const { beta1, beta2, limit, decay } = node.attributes;
  const [x, m, v, dx, rate] = node.inputs.map((tensor) => values.get(tensor)) as Name[] & { length: 5 };
  const { add, subtract, multiply, divide, unary } = expressions(model);
  const m1 = add(multiply(m!, beta1), multiply(dx!, 1 - beta1));
  const v1 = add(multiply(v!, beta2), multiply(multiply(dx!, dx!), 1 - beta2));
  const step = divide(multiply(m1, element(model, rate!, 0)), add(unary("Sqrt", v1), element(model, rate!, 1)));
  const kept = decay ? subtract(x!, multiply(x!, element(model, rate!, 2))) : x!;
  const moved = limited(model, subtract(kept, step), limit);
  [moved, m1, v1].forEach((name, index) => {
    values.define(node.outputs[index]!, name);
  });
};

export const projectedMomentum: Lower<"projectedMomentum"> = (node, { model, values }) => {
  const { momentum, limit } = node.attributes;
  const [x, v, dx, rate] = node.inputs.map((tensor) => values.get(tensor)) as Name[] & { length: 4 };
  const { add, subtract, multiply } = expressions(model);
  const kept = multiply(v!, momentum);
  const u = subtract(kept, multiply(dx!, element(model, rate!, 0)));
  const moved = add(subtract(x!, kept), multiply(u, 1 + momentum));
  values.define(node.outputs[0]!, limited(model, moved, limit));
  values.define(node.outputs[1]!, u);
};

export const movingAverage: Lower<"movingAverage"> = (node, { model, values }) => {
  const [average, latest, rate] = node.inputs.map((tensor) => values.get(tensor)) as Name[] & { length: 3 };
  const { add, subtract, multiply } = expressions(model);
  values.define(node.outputs[0]!, add(average!, multiply(subtract(latest!, average!), element(model, rate!, 0))));
};

export const runningAverage: Lower<"runningAverage"> = (node, { model, values }) => {
  const { momentum } = node.attributes;
  const [running, rows] = node.inputs as readonly [Tensor, Tensor];
  const { add, multiply } = expressions(model);
  const shares = multiply(values.get(rows), 1 - momentum);
  let average = values.get(running);
  for (let row = 0; row < rows.shape[0]!; row++) {
    average = add(multiply(average, momentum), element(model, shares, row));
  }
  values.define(node.outputs[0]!, average);
};

/** Row `index` of the first axis. */
function element(model: Model, x: Name, index: number): Name {
  return model.node("Squeeze", [model.node("Gather", [x, model.ints([index])], { axis: 0 }), model.ints([0])]);
}

function limited(model: Model, x: Name, limit: number): Name {
  return Number.isFinite(limit) ? expressions(model).clip(x, -limit, limit) : x;
}
