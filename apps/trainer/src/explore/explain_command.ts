/** `kintsugi explain`: the figures that teach what a generator does, as drawings. */
import { join } from "node:path";
import { svgToPng } from "@kintsugi/images/node";
import { normal, PURPOSE } from "@kintsugi/nn";
import {
  CommandError,
  claimDirectory,
  createReporter,
  createVerb,
  exitCodes,
  kinds,
  option,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import { type Command, InvalidArgumentError } from "commander";
import { drawNormal1d } from "./figures/normal_1d.js";
import { drawNormal2d } from "./figures/normal_2d.js";
import { type Arithmetic, drawTransposedConvolution, outputSide } from "./figures/transposed_convolution.js";

/** A drawing with more pixels on a side is no longer read. */
const MOST_SIDE = 64;
const PNG_SCALE = 2;

const PADDING = kinds.custom("p,p", { type: "string" }, padding, String);

const EXPLAIN_OPTIONS = {
  out: option(kinds.text("folder"), { help: "for the figures, as SVG and PNG", required: "a folder for the figures" }),
  samples: option(kinds.positiveInteger("samples"), { help: "of each distribution", default: 1000 }),
  seed: option(kinds.seed, { help: "unsigned 32-bit; the same seed gives the same samples", default: 0 }),
  input: option(kinds.positiveInteger("pixels"), { help: "side of the transposed convolution's input", default: 4 }),
  kernel: option(kinds.positiveInteger("pixels"), { help: "side of its filter", default: 5 }),
  stride: option(kinds.positiveInteger("pixels"), { help: "its stride", default: 2 }),
  padding: option(PADDING, { help: "before and after, or one number for both", default: [1, 2] }),
  overwrite: option(kinds.flag, { help: "write over figures that --out holds", default: false, once: true }),
};

type Options = VerbOptions<typeof EXPLAIN_OPTIONS>;

export function explainCommand(): Command {
  return createVerb({
    name: "explain",
    summary: "draw the figures behind the method: a distribution and its samples, and a transposed convolution",
    table: EXPLAIN_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const { out, samples, overwrite } = options;
  const reporter = createReporter(options);
  check(options);
  await claimDirectory(out, { what: "figures", overwrite });
  const draw = (index: number, count: number) => normal({ seed: options.seed, purpose: PURPOSE.samples, index }, count);
  const figures = {
    "normal-1d": drawNormal1d(draw(0, samples)),
    "normal-2d": drawNormal2d(draw(1, 2 * samples)),
    "transposed-convolution": drawTransposedConvolution(options),
  };
  for (const [name, svg] of Object.entries(figures)) {
    const path = join(out, name);
    await writeFileWhole(`${path}.svg`, svg);
    await writeFileWhole(`${path}.png`, svgToPng(svg, PNG_SCALE));
    reporter.emit({ t: "figure", svg: `${path}.svg`, png: `${path}.png` });
  }
  reporter.say(`${Object.keys(figures).length} figures, each as SVG and PNG: ${out}`);
}

function check(arithmetic: Arithmetic): void {
  const { kernel, padding } = arithmetic;
  const output = outputSide(arithmetic);
  const wrong =
    Math.max(...padding) >= kernel
      ? `--padding ${padding.join()} is not smaller than --kernel ${kernel}; give less`
      : output < 1
        ? "the output would have no pixel; give less --padding or more --input"
        : output + kernel - 1 > MOST_SIDE
          ? `the drawing would be ${output + kernel - 1} pixels wide; choose numbers that keep it within ${MOST_SIDE}`
          : undefined;
  if (wrong) throw new CommandError(wrong, exitCodes.usage);
}

function padding(text: string): readonly [number, number] {
  const [, before, after = before] = /^(\d{1,4})(?:,(\d{1,4}))?$/.exec(text.trim()) ?? [];
  if (before === undefined) throw new InvalidArgumentError("Give one or two whole numbers of pixels, such as 1,2.");
  return [Number(before), Number(after)];
}
