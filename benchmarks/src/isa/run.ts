/** Compiles a step for an AMD GPU that is not there, and reads what became of its kernels. Linux, with Mesa's RADV. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Precision } from "@kintsugi/backend-webgpu";
import type { DeviceClass } from "@kintsugi/kernels";
import { type Pipeline, readAssembly } from "./assembly.js";

export interface StepToCompile {
  /** ngf and ndf. */
  readonly width: number;
  readonly batch: number;
  readonly precision: Precision;
  /** The core of all products, instead of the rule's. */
  readonly core?: NonNullable<DeviceClass["core"]>;
}

/** RADV's names of GPUs, one for each instruction set that it compiles for. */
export const FAMILIES = ["navi31", "navi21", "navi10", "vega10", "polaris10"] as const;

/** Something that compiling for an absent GPU needs and this machine lacks. */
export class MissingToolError extends Error {
  override readonly name = "MissingToolError";
}

const LAYER = "VK_LAYER_KINTSUGI_compile_only";
const run = promisify(execFile);

/** What is missing on this machine, as a sentence; undefined where everything is there. */
export async function whyNotHere(): Promise<string | undefined> {
  if (process.platform !== "linux") return "kernels are compiled for absent GPUs on Linux alone, by Mesa's RADV";
  if (!driverFile()) return "Mesa's RADV is not installed (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)";
  if (!existsSync("/usr/include/vulkan/vk_layer.h")) {
    return "Vulkan's headers are not installed (Debian, Ubuntu: apt-get install libvulkan-dev)";
  }
  const compiler = await run("cc", ["--version"]).catch(() => undefined);
  return compiler ? undefined : "there is no C compiler, cc (Debian, Ubuntu: apt-get install gcc libc6-dev)";
}

/** @param family one of `FAMILIES`, or another that RADV_FORCE_FAMILY knows */
export async function compileFor(
  family: string,
  step: StepToCompile,
): Promise<{ pipelines: Pipeline[]; text: string }> {
  const missing = await whyNotHere();
  if (missing !== undefined) throw new MissingToolError(missing);
  const folder = await mkdtemp(join(tmpdir(), "kintsugi-isa-"));
  try {
    await buildLayer(folder);
    const text = await compile(family, step, folder);
    return { pipelines: readAssembly(text), text };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildLayer(folder: string): Promise<void> {
  const source = fileURLToPath(new URL("../../isa/layer.c", import.meta.url));
  await run("cc", ["-O1", "-shared", "-fPIC", "-o", join(folder, "layer.so"), source]);
  const layer = {
    name: LAYER,
    type: "GLOBAL",
    library_path: "./layer.so",
    api_version: "1.3.0",
    implementation_version: "1",
    description: "compiles, and executes nothing",
  };
  await writeFile(join(folder, "layer.json"), JSON.stringify({ file_format_version: "1.1.2", layer }));
}

async function compile(family: string, step: StepToCompile, folder: string): Promise<string> {
  const program = fileURLToPath(new URL("../../dist/isa/compile_step.js", import.meta.url));
  const driver = driverFile()!;
  const environment = {
    ...process.env,
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? folder,
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
    RADV_FORCE_FAMILY: family,
    RADV_DEBUG: "asm,shaderstats,nocache",
    VK_LAYER_PATH: folder,
    VK_INSTANCE_LAYERS: LAYER,
  };
  const options = { env: environment, maxBuffer: 2 ** 30, encoding: "utf8" } as const;
  const { stderr } = await run(process.execPath, [program, JSON.stringify(step)], options).catch(
    (error: Error & { stderr?: string }) => {
      const reason =
        /^(?:\w*Error: .*|.*unknown family.*)$/im.exec(error.stderr ?? "")?.[0] ?? error.message.slice(0, 200);
      throw new Error(`compiling for ${family} failed: ${reason}`);
    },
  );
  return stderr;
}

function driverFile(): string | undefined {
  const names = ["radeon_icd.json", "radeon_icd.x86_64.json", "radeon_icd.aarch64.json"];
  return names.map((name) => `/usr/share/vulkan/icd.d/${name}`).find((path) => existsSync(path));
}
