/** Options that the verbs of the completer share, and what they mean to the search. */
import { BACKEND_OPTIONS } from "@kintsugi/backend";
import {
  BLENDS,
  DEFAULT_OBJECTIVE,
  DEFAULTS,
  type ImportanceOptions,
  type ManyOptions,
  type Optimizer,
} from "@kintsugi/completion";
import { parseFaceTemplate } from "@kintsugi/images";
import { kinds, type OptionsOf, option } from "@kintsugi/terminal";
import { InvalidArgumentError } from "commander";

/** Step sizes where `lr` says nothing: with the fall to `lrEnd` these reach most in 100 iterations; see the README. */
const RATES = { adam: 0.15, momentum: 0.0006 } as const;

export const TEMPLATE = kinds.parsedBy("where", parseFaceTemplate, String);

const IMPORTANCE = kinds.either(
  "off",
  false,
  kinds.custom("window", { type: "integer", minimum: 1 }, (text) => {
    const window = Number(text);
    if (Number.isInteger(window) && window >= 1 && window % 2 === 1) return window;
    throw new InvalidArgumentError("Give an odd number of pixels, or off.");
  }),
);

/** What steers a search, whatever it is for. */
export const SEARCH_OPTIONS = {
  search: option(kinds.choice(["default", "blog", "hmc"]), {
    help: "how a search goes: default; blog, as the blog's program did it; or hmc, which samples instead of descending",
    default: "default",
    presets: {
      blog: {
        ...{ optimizer: "adam", lr: 0.01, lrEnd: 1, starts: 1, iterations: 1000, patience: 0 },
        ...{ importance: false, pull: 0, stray: 0, blend: "none" },
      },
      hmc: { optimizer: "hmc", hmcAnneal: 1.02, patience: 0 },
    },
  }),
  iterations: option(kinds.positiveInteger("iterations"), { help: "of the search", default: DEFAULTS.iterations }),
  blend: option(kinds.choice(BLENDS, "way"), {
    help:
      "how the hole meets its edge: poisson (the paper), graded (poisson deep inside, smooth beside known pixels), " +
      "alpha (feathered), none",
    default: DEFAULTS.blend,
  }),
  encoder: option(kinds.text("file"), {
    help: "a network that proposes where to begin, as kintsugi encoder makes it for the model",
  }),
  seed: option(kinds.seed, { help: "unsigned 32-bit; the same seed gives the same pictures", default: 0 }),
  batch: option(kinds.positiveInteger("searches"), { help: "that run together", default: 64, level: "more" }),
  starts: option(kinds.positiveInteger("starts"), {
    help: "random z that are compared before the search, which begins at the best; 1 starts from a random z",
    default: DEFAULTS.starts,
    level: "more",
  }),
  restarts: option(kinds.positiveInteger("searches"), {
    help: "of each image, of which the best is kept",
    default: 1,
    level: "more",
  }),
  average: option(kinds.positiveInteger("searches"), {
    help: "the result is the mean of so many of the best: softer, and nearer to the truth on average",
    default: 1,
    level: "more",
  }),
  optimizer: option(kinds.choice(["lbfgs", "adam", "momentum", "hmc"], "name"), {
    help: "lbfgs (learns the curvature), adam, momentum (projected, Nesterov), hmc (samples, reflecting at the walls)",
    default: "lbfgs",
    level: "file",
    formerly: ["optimizer"],
  }),
  lr: option(kinds.positiveNumber("rate"), {
    help: "first step size of adam and momentum; the blog's was 0.01",
    unset: `${RATES.adam} for adam, ${RATES.momentum} for momentum`,
    level: "file",
    formerly: ["lr"],
  }),
  lrEnd: option(kinds.numberBetween("share", { min: 0, max: 1 }), {
    help: "share of the step size that is left in the last iteration, along a cosine; 1 keeps it all",
    default: 0.05,
    level: "file",
    formerly: ["lr-end"],
  }),
  patience: option(kinds.count("iterations"), {
    help: "end a batch when the loss of no image became 0.1 % better for so many iterations; 0 for never",
    default: DEFAULTS.patience,
    level: "file",
    formerly: ["patience"],
  }),
  lambda: option(kinds.numberBetween("weight", { min: 0, max: 1e6 }), {
    help: "how much looking real counts beside agreeing with what is known",
    default: DEFAULT_OBJECTIVE.lambda,
    level: "file",
    formerly: ["lambda"],
  }),
  prior: option(kinds.choice(["nlogd", "log1md"], "form"), {
    help: "what looking real means: nlogd = -log D (the blog's program), log1md = log(1 - D) (the paper)",
    default: DEFAULT_OBJECTIVE.prior,
    level: "file",
    formerly: ["prior"],
  }),
  contextual: option(kinds.choice(["l1", "l2"], "distance"), {
    help: "how agreeing is measured: l1 = |difference|, l2 = its square",
    default: DEFAULT_OBJECTIVE.contextual,
    level: "file",
    formerly: ["contextual"],
  }),
  importance: option(IMPORTANCE, {
    help: "let known pixels near a hole count most: side of the window in pixels, odd (the paper: 7), or false",
    default: DEFAULTS.importance.window,
    level: "file",
    formerly: ["importance"],
  }),
  importanceFloor: option(kinds.numberBetween("share", { min: 0, max: 1 }), {
    help: "what known pixels far from a hole count all the same (the paper: 0)",
    default: DEFAULTS.importance.floor,
    level: "file",
    formerly: ["importance-floor"],
  }),
  pull: option(kinds.numberBetween("weight", { min: 0, max: 1e3 }), {
    help: "how strongly z is held near 0, the most ordinary picture; 0 lets it go, as the paper and the blog do",
    default: DEFAULTS.pull,
    level: "file",
    formerly: ["pull"],
  }),
  stray: option(kinds.numberBetween("share", { min: 0, max: 1e3 }), {
    help:
      "how far the picture may stray from what any z gives, as lbfgs alone can: the reach of the generator's first layer, " +
      "in spreads of what z makes of it; 0 for the pictures of z alone",
    default: DEFAULTS.stray,
    level: "file",
    formerly: ["stray"],
  }),
  hmcBeta: option(kinds.positiveNumber("b"), {
    help: "hmc: how much a loss of 1 counts",
    default: 0.2,
    level: "file",
    formerly: ["hmc-beta"],
  }),
  hmcEps: option(kinds.positiveNumber("e"), {
    help: "hmc: length of a leapfrog step",
    default: 0.001,
    level: "file",
    formerly: ["hmc-eps"],
  }),
  hmcSteps: option(kinds.positiveInteger("steps"), {
    help: "hmc: leapfrog steps of an iteration",
    default: 100,
    level: "file",
    formerly: ["hmc-steps"],
  }),
  hmcAnneal: option(kinds.positiveNumber("f"), {
    help: "hmc: beta is multiplied by it after each iteration",
    default: 1,
    level: "file",
    formerly: ["hmc-anneal"],
  }),
  hmcOriginal: option(kinds.flag, {
    help: "hmc: stop at the walls and couple images, as the blog's program does",
    default: false,
    level: "file",
    formerly: ["hmc-original"],
  }),
  ...BACKEND_OPTIONS,
};

export type SearchOptions = OptionsOf<typeof SEARCH_OPTIONS>;

/** What the search takes; `batch`, `outInterval`, `candidates` and `block` are the caller's. */
export function searchOptions(options: SearchOptions): Omit<ManyOptions, "outInterval"> {
  const { iterations, seed, lambda, prior, contextual, pull, stray, patience, blend } = options;
  const window: { importance?: ImportanceOptions } =
    options.importance === false ? {} : { importance: { window: options.importance, floor: options.importanceFloor } };
  return {
    ...{ iterations, seed, lambda, prior, contextual, pull, stray, patience, blend, ...window },
    optimizer: optimizer(options),
    restarts: options.restarts,
    average: options.average,
    starts: options.starts === 1 ? 1 : Math.max(options.starts, options.restarts, options.average),
  };
}

function optimizer(options: SearchOptions): Optimizer {
  const { optimizer: kind, lr, lrEnd, iterations } = options;
  if (kind === "lbfgs") return { kind };
  if (kind === "hmc") {
    const { hmcBeta: beta, hmcEps: eps, hmcSteps: steps, hmcAnneal: anneal, hmcOriginal: original, seed } = options;
    return { kind, beta, eps, steps, anneal, original, seed };
  }
  return { kind, lr: lr ?? RATES[kind], ...(lrEnd === 1 ? {} : { decay: { over: iterations, end: lrEnd } }) };
}
