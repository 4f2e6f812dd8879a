/** What the tests share: a folder, a tiny model, pictures, and the command as a terminal would run it. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { openBackend } from "@kintsugi/backend";
import { type DcganConfig, DEFAULT_TRAINING, encodeModel, modelSpecs, Trainer } from "@kintsugi/dcgan";
import { toyFaces } from "@kintsugi/images/toy";
import { exitCodes, runCommandLine } from "@kintsugi/terminal";
import { Command } from "commander";
import sharp from "sharp";
import {
  completeCommand,
  encoderCommand,
  evaluateCommand,
  exportCommand,
  importCommand,
  serveCommand,
} from "../src/index.js";

const verbs = [completeCommand, encoderCommand, evaluateCommand, exportCommand, importCommand, serveCommand];

export const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };

/** A folder of its own; `remove` it. */
export async function createRoom() {
  const path = await mkdtemp(join(tmpdir(), "kintsugi-completer-"));
  const at = (name: string) => join(path, name);
  return {
    at,
    remove: () => rm(path, { recursive: true, force: true }),
    /** A model of first values. */
    async model(name: string, config = CONFIG): Promise<string> {
      const backend = await openBackend();
      const trainer = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch: 1, lr: 2e-4, seed: 5 });
      await writeFile(at(name), encodeModel(config, modelSpecs(config), await trainer.values()));
      backend.destroy();
      return at(name);
    },
    /** A toy face in the format of its ending. */
    async picture(name: string, index = 0, { width = 16, height = 16 } = {}): Promise<string> {
      await mkdir(dirname(at(name)), { recursive: true });
      const face = toyFaces({ seed: 1, count: index + 1, size: 16 }).subarray(index * 768);
      const image = sharp(face, { raw: { width: 16, height: 16, channels: 3 } });
      await image.resize(width, height, { fit: "fill" }).toFile(at(name));
      return at(name);
    },
    /** A mask of grey pixels, size×size. */
    async mask(name: string, size: number, grey: (row: number, column: number) => number): Promise<string> {
      const bytes = Uint8Array.from({ length: size * size }, (_, i) => grey(Math.floor(i / size), i % size));
      await sharp(bytes, { raw: { width: size, height: size, channels: 1 } }).toFile(at(name));
      return at(name);
    },
  };
}

export type Room = Awaited<ReturnType<typeof createRoom>>;

/** Names of all files below a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

/** The pixels of a picture: size, and RGB or grey bytes. */
export async function pixels(path: string) {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, bytes: new Uint8Array(data) };
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The lines of stdout. */
  readonly lines: Record<string, unknown>[];
}

/** Runs `kintsugi complete …`, with what it prints caught. */
export const kintsugi = (args: readonly string[], onOut?: (text: string) => void) => verb("complete", args, onOut);

/** Runs a verb, with what it prints caught. */
export async function verb(
  name: string,
  args: readonly string[],
  onOut: (text: string) => void = () => {},
): Promise<Outcome> {
  const printed = { stdout: "", stderr: "" };
  const streams = ["stdout", "stderr"] as const;
  const before = streams.map((name) => process[name].write);
  for (const name of streams) {
    process[name].write = ((text: string | Uint8Array) => {
      printed[name] += String(text);
      if (name === "stdout") onOut(String(text));
      return true;
    }) as typeof process.stdout.write;
  }
  const exitCode = process.exitCode;
  try {
    const program = verbs.reduce((all, each) => all.addCommand(each()), new Command("kintsugi"));
    const code = await runCommandLine(program, ["node", "kintsugi", name, ...args], {
      NoAdapterError: exitCodes.noAdapter,
    });
    const lines = printed.stdout.split("\n").filter((line) => line.startsWith("{"));
    return { code, out: printed.stdout, err: printed.stderr, lines: lines.map((line) => JSON.parse(line)) };
  } finally {
    streams.forEach((name, i) => {
      process[name].write = before[i]!;
    });
    process.exitCode = exitCode;
  }
}
