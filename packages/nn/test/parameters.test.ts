import { expect, it } from "vitest";
import { adamSpecs, createVariables, type ParameterSpec, sideBySide } from "../src/index.js";

const spec = (name: string, trainable = true): ParameterSpec => ({ name, shape: [2], initial: 0, trainable });

it("lays out what is trained, then running statistics, then the rest; moments and averages like their network", () => {
  const network = [
    spec("g/w"),
    spec("g/dead", false),
    spec("g/bn/gamma"),
    spec("g/bn/moving_mean", false),
    spec("g/bn/moving_variance", false),
    spec("g/last"),
  ];
  const averages = network.map(({ name }) => spec(`ema/${name}`, false));
  const variables = createVariables([spec("step", false), ...network, ...adamSpecs(network), ...averages, spec("d/w")]);
  const order = ["w", "bn/gamma", "last", "bn/moving_mean", "bn/moving_variance", "dead"].map((name) => `g/${name}`);
  expect(sideBySide(variables, "g")).toEqual(order);
  expect(sideBySide(variables, "ema")).toEqual(order.map((name) => `ema/${name}`));
  expect(sideBySide(variables, "adam_m")).toEqual(order.slice(0, 3).map((name) => `adam_m/${name}`));
  expect(sideBySide(variables, "d")).toEqual(["d/w"]);
});
