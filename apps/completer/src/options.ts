/** Options that the verbs of the completer share, and what they mean to the search. */
import { addBackendOptions, type BackendOptions } from "@kintsugi/backend";
import {
  BLENDS,
  type Blend,
  type Contextual,
  DEFAULT_OBJECTIVE,
  DEFAULTS,
  type ImportanceOptions,
  type ManyOptions,
  type Optimizer,
  type Prior,
} from "@kintsugi/completion";
import { choice, count, numberBetween, positiveInteger, positiveNumber, seed } from "@kintsugi/terminal";
import { type Command, InvalidArgumentError } from "commander";

export interface SearchOptions extends BackendOptions {
  readonly iterations: number;
  readonly optimizer: Optimizer["kind"];
  readonly lr?: number;
  readonly lrEnd: number;
  readonly starts: number;
  readonly restarts: number;
  readonly average: number;
  readonly patience: number;
  readonly lambda: number;
  readonly prior: Prior;
  readonly contextual: Contextual;
  readonly importance: number | false;
  readonly importanceFloor: number;
  readonly pull: number;
  readonly stray: number;
  readonly encoder?: string;
  readonly blend: Blend;
  readonly hmcBeta: number;
  readonly hmcEps: number;
  readonly hmcSteps: number;
  readonly hmcAnneal: number;
  readonly hmcOriginal: boolean;
  readonly seed: number;
  readonly batch: number;
}

/** Step sizes where `--lr` says nothing: with the fall to `--lr-end` these reach most in 100 iterations; see the README. */
const RATES = { adam: 0.15, momentum: 0.0006 } as const;

/** Adds what steers a search, whatever it is for. */
export function addSearchOptions(command: Command): Command {
  command
    .option("--iterations <n>", "steps of the search", positiveInteger("iterations"), DEFAULTS.iterations)
    .option(
      "--optimizer <name>",
      "lbfgs (learns the curvature), adam, momentum (projected, Nesterov), hmc (samples, reflecting at the walls)",
      choice(["lbfgs", "adam", "momentum", "hmc"]),
      "lbfgs",
    )
    .option(
      "--lr <rate>",
      `first step size of adam and momentum (default: ${RATES.adam} for adam, ${RATES.momentum} for momentum; the blog's was 0.01)`,
      positiveNumber(),
    )
    .option(
      "--lr-end <share>",
      "share of the step size that is left in the last iteration, along a cosine; 1 keeps it all",
      numberBetween({ min: 0, max: 1 }),
      0.05,
    )
    .option(
      "--starts <n>",
      "random z that are looked at before the search, which begins at the best; 1 begins anywhere",
      positiveInteger("starts"),
      DEFAULTS.starts,
    )
    .option("--restarts <n>", "searches of each image, of which the best is kept", positiveInteger("searches"), 1)
    .option(
      "--average <n>",
      "the result is the mean of so many of the best searches: softer, and nearer to the truth on average",
      positiveInteger("searches"),
      1,
    )
    .option(
      "--patience <n>",
      "end a batch when the loss of no image became 0.1 % better for so many iterations, 0 to never do so",
      count("iterations"),
      DEFAULTS.patience,
    )
    .option(
      "--lambda <weight>",
      "how much looking real counts beside agreeing with what is known",
      numberBetween({ min: 0, max: 1e6 }),
      DEFAULT_OBJECTIVE.lambda,
    )
    .option(
      "--prior <form>",
      "what looking real means: nlogd = -log D (the blog's program), log1md = log(1 - D) (the paper)",
      choice(["nlogd", "log1md"]),
      DEFAULT_OBJECTIVE.prior,
    )
    .option(
      "--contextual <distance>",
      "how agreeing is measured: l1 = |difference|, l2 = its square",
      choice(["l1", "l2"]),
      DEFAULT_OBJECTIVE.contextual,
    )
    .option(
      "--importance <window>",
      "let known pixels near a hole count most: side of the window in pixels, odd (the paper: 7), or off",
      importance,
      DEFAULTS.importance.window,
    )
    .option(
      "--importance-floor <share>",
      "what known pixels far from a hole count all the same (the paper: 0)",
      numberBetween({ min: 0, max: 1 }),
      DEFAULTS.importance.floor,
    )
    .option(
      "--pull <weight>",
      "how strongly z is held near 0, the most ordinary picture; 0 lets it go, as the paper and the blog do",
      numberBetween({ min: 0, max: 1e3 }),
      DEFAULTS.pull,
    )
    .option(
      "--stray <share>",
      "how far the picture may stray from what any z gives, as lbfgs alone can: the reach of the generator's first layer, in " +
        "spreads of what z makes of it; 0 for the pictures of z alone",
      numberBetween({ min: 0, max: 1e3 }),
      DEFAULTS.stray,
    )
    .option("--encoder <file>", "a network that proposes where to begin, as kintsugi encoder makes it for the model")
    .option(
      "--blend <way>",
      "how the hole meets its edge: poisson (the paper), graded (poisson deep inside, smooth beside known pixels), " +
        "alpha (feathered), none",
      choice(BLENDS),
      DEFAULTS.blend,
    )
    .option("--hmc-beta <b>", "hmc: how much a loss of 1 counts", positiveNumber(), 0.2)
    .option("--hmc-eps <e>", "hmc: length of a leapfrog step", positiveNumber(), 0.001)
    .option("--hmc-steps <n>", "hmc: leapfrog steps of an iteration", positiveInteger("steps"), 100)
    .option("--hmc-anneal <f>", "hmc: beta is multiplied by it after each iteration", positiveNumber(), 1)
    .option("--hmc-original", "hmc: stop at the walls and couple images, as the blog's program does", false)
    .option("--seed <n>", "unsigned 32-bit; the same seed gives the same pictures", seed, 0)
    .option("--batch <n>", "searches that run together", positiveInteger("searches"), 64);
  return addBackendOptions(command);
}

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

function importance(text: string): number | false {
  if (text === "off") return false;
  const window = Number(text);
  if (!Number.isInteger(window) || window < 1 || window % 2 === 0) {
    throw new InvalidArgumentError("Give an odd number of pixels, or off.");
  }
  return window;
}
