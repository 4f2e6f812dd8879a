/** `kintsugi align`: raw photographs in, faces of one size with eyes and mouth in one place out, and a report. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FACE_TEMPLATES, type FacePoints, type FaceTemplate, parseFaceTemplate } from "@kintsugi/images";
import {
  type Aligned,
  alignFolder,
  faceApiProvider,
  findImages,
  type LandmarkProvider,
  readLandmarks,
} from "@kintsugi/images/node";
import {
  addOutputOptions,
  CommandError,
  claimDirectory,
  counted,
  createReporter,
  exitCodes,
  interruptible,
  numberBetween,
  parsedBy,
  positiveInteger,
  type Reporter,
  type ReporterOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import { Command } from "commander";

interface Options extends Required<ReporterOptions> {
  readonly input: string;
  readonly output: string;
  readonly size: number;
  readonly landmarks: string;
  readonly template?: FaceTemplate | FacePoints;
  readonly smooth: boolean;
  readonly skipMulti: boolean;
  readonly confidence?: number;
  readonly limit?: number;
  readonly overwrite: boolean;
}

/** In the output folder. */
const REPORT = "align.json";

export function alignCommand(): Command {
  const command = new Command("align")
    .description("turn photographs into aligned faces: eyes and mouth in the same place everywhere")
    .requiredOption("--input <dir>", "folder of PNG, JPEG or WebP images, and its sub-folders")
    .requiredOption("--output <dir>", "folder for the aligned PNGs and the report, align.json")
    .requiredOption(
      "--landmarks <from>",
      "CelebA's list, a .csv or .json, a folder with 300W's .pts files, or auto to find faces",
    )
    .option("--size <pixels>", "side of the aligned images", positiveInteger("pixels"), 64)
    .option(
      "--template <which>",
      `${FACE_TEMPLATES.join(", ")} (default: the first where there are 68 landmarks, the last where there are 5), or ten shares of the side: x,y of the left and right eye, the nose tip, the left and right mouth corner`,
      parsedBy(parseFaceTemplate),
    )
    .option("--no-smooth", "do not average pixels first where a face shrinks to less than half, as OpenFace")
    .option("--skip-multi", "pass over pictures of more than one face, instead of taking the largest", false)
    .option(
      "--confidence <p>",
      "of auto: how sure to be that something is a face, between 0 and 1 (default: 0.5); more passes over more",
      numberBetween({ min: 0, max: 1, above: true, below: true }),
    )
    .option("--limit <n>", "the first n images only, by name", positiveInteger("images"))
    .option("--overwrite", "make images anew that --output holds, instead of keeping them", false);
  return addOutputOptions(command).action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const { input, output } = options;
  const reporter = createReporter(options);
  // Whatever is wrong with the input is said before anything is written.
  await findImages(input);
  const provider = await openProvider(options);
  await claimOutput(options);
  const settings = settingsOf(options);
  await writeReport(output, { ...settings, finished: false });
  const interruption = interruptible(() => reporter.say("finishing the images at hand …"));
  let aligned: Aligned;
  try {
    aligned = await align(options, provider, reporter, interruption.signal);
    const { total, kept, skipped } = aligned;
    const finished = !interruption.signal.aborted;
    await writeReport(output, { ...settings, finished, total, aligned: aligned.aligned, kept, skipped });
  } finally {
    interruption.release();
  }
  summarise(aligned, output, reporter);
  interruption.signal.throwIfAborted();
  if (aligned.aligned.length + aligned.kept.length === 0) {
    const { name, reason } = aligned.skipped[0]!;
    throw new CommandError(
      `${input}: none of ${counted(aligned.total, "image")} was aligned; ${name}: ${reason}`,
      exitCodes.dataSet,
    );
  }
}

async function openProvider({ landmarks, confidence }: Options): Promise<LandmarkProvider> {
  if (landmarks === "auto") return faceApiProvider(confidence === undefined ? {} : { confidence });
  if (confidence === undefined) return readLandmarks(landmarks);
  throw new CommandError("--confidence is for --landmarks auto, which finds faces: leave it out", exitCodes.usage);
}

/** What must be the same where a folder is filled further. */
function settingsOf({ size, template, smooth }: Options) {
  return { size, template: String(template ?? "by the number of landmarks"), smooth };
}

/** Accepts an empty folder, and one that the same command began to fill. */
async function claimOutput(options: Options): Promise<void> {
  const { output, overwrite } = options;
  const before = await readReport(output);
  await claimDirectory(output, { what: "aligned images", overwrite, resume: before !== undefined, option: "--output" });
  if (before === undefined || overwrite) return;
  for (const [name, value] of Object.entries(settingsOf(options))) {
    if (before[name] === value) continue;
    throw new CommandError(
      `${output} holds images aligned with ${name} ${before[name]}, not ${value}: give the same, --overwrite, or another --output`,
      exitCodes.usage,
    );
  }
}

async function readReport(output: string): Promise<Record<string, unknown> | undefined> {
  try {
    return JSON.parse(await readFile(join(output, REPORT), "utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function writeReport(output: string, report: object): Promise<void> {
  return writeFileWhole(join(output, REPORT), `${JSON.stringify(report, null, 1)}\n`);
}

async function align(
  { input, output, size, template, smooth, skipMulti, limit, overwrite }: Options,
  provider: LandmarkProvider,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Aligned> {
  let progress: ReturnType<Reporter["progress"]> | undefined;
  try {
    return await alignFolder(input, output, provider, {
      size,
      smooth,
      skipMulti,
      overwrite,
      signal,
      ...(template ? { template } : {}),
      ...(limit === undefined ? {} : { limit }),
      onProgress(done, total) {
        progress ??= reporter.progress({ label: "aligning", total });
        progress.update(done, { images: 1 });
      },
      onSkip: ({ name, reason }) => reporter.warn(`skipped ${name}: ${reason}`),
    });
  } finally {
    progress?.stop();
  }
}

function summarise({ total, aligned, kept, skipped }: Aligned, output: string, reporter: Reporter): void {
  const counts = { total, aligned: aligned.length, kept: kept.length, skipped: skipped.length };
  reporter.emit({ t: "align", path: output, ...counts });
  reporter.say(
    `${counted(aligned.length, "image")} aligned, ${kept.length} kept from before, ${skipped.length} skipped of ${total}; ${join(output, REPORT)} says which and why`,
  );
}
