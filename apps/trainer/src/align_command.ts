/** `kintsugi align`: raw photographs in, faces of one size with eyes and mouth in one place out, and a report. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FACE_TEMPLATES, parseFaceTemplate } from "@kintsugi/images";
import {
  type Aligned,
  alignFolder,
  describeLeftOut,
  faceApiProvider,
  findImages,
  type LandmarkProvider,
  readLandmarks,
} from "@kintsugi/images/node";
import {
  CommandError,
  claimDirectory,
  counted,
  createReporter,
  createVerb,
  exitCodes,
  interruptible,
  kinds,
  option,
  type Reporter,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import type { Command } from "commander";

/** In the output folder. */
const REPORT = "align.json";

const ALIGN_OPTIONS = {
  data: option(kinds.text("dir"), {
    help: "folder of images, and its sub-folders",
    required: "a folder of images",
    formerly: ["input"],
  }),
  out: option(kinds.text("dir"), {
    help: "folder for the aligned PNGs and the report, align.json",
    required: "a folder for the aligned images",
    formerly: ["output"],
  }),
  landmarks: option(kinds.text("from"), {
    help: "CelebA's list, a .csv or .json, a folder with 300W's .pts files, or auto to find faces",
    required: "where the landmarks come from, or auto",
  }),
  size: option(kinds.positiveInteger("pixels"), { help: "side of the aligned images", default: 64 }),
  template: option(kinds.parsedBy("which", parseFaceTemplate, String), {
    help: `${FACE_TEMPLATES.join(", ")}, or ten shares of the side: x,y of the left and right eye, the nose tip, the left and right mouth corner`,
    unset: "the first where there are 68 landmarks, the last where there are 5",
  }),
  smooth: option(kinds.flag, {
    help: "average pixels first where a face shrinks to less than half",
    helpOff: "do not average pixels first where a face shrinks to less than half, as OpenFace",
    default: true,
  }),
  skipMulti: option(kinds.flag, {
    help: "pass over pictures of more than one face, instead of taking the largest",
    default: false,
  }),
  confidence: option(kinds.numberBetween("p", { min: 0, max: 1, above: true, below: true }), {
    help: "of auto: how sure to be that something is a face, between 0 and 1; higher values skip more faces",
    unset: "0.5",
  }),
  limit: option(kinds.positiveInteger("images"), { help: "the first only, by name" }),
  overwrite: option(kinds.flag, {
    help: "make images anew that --out holds, instead of keeping them",
    default: false,
    once: true,
  }),
};

type Options = VerbOptions<typeof ALIGN_OPTIONS>;

export function alignCommand(): Command {
  return createVerb({
    name: "align",
    summary: "turn photographs into aligned faces: eyes and mouth in the same place everywhere",
    table: ALIGN_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const { data: input, out: output } = options;
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
    const remark = describeLeftOut(aligned.leftOut);
    if (remark !== undefined) reporter.warn(remark);
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
  const { out: output, overwrite } = options;
  const before = await readReport(output);
  await claimDirectory(output, { what: "aligned images", overwrite, resume: before !== undefined });
  if (before === undefined || overwrite) return;
  for (const [name, value] of Object.entries(settingsOf(options))) {
    if (before[name] === value) continue;
    throw new CommandError(
      `${output} holds images aligned with ${name} ${before[name]}, not ${value}: give the same, --overwrite, or another --out`,
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
  { data: input, out: output, size, template, smooth, skipMulti, limit, overwrite }: Options,
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
