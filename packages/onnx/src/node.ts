/**
 * The CPU back end in Node. Which ONNX Runtime it is depends on what was installed: machine code where there is a package for
 * this system, else WebAssembly, which runs wherever Node does. It is loaded when this is called, and not before.
 */
import { availableParallelism } from "node:os";
import { OnnxBackend } from "./backend.js";
import type { Runtime } from "./runtime.js";

/** ONNX Runtime as its packages export it. */
interface Package extends Runtime {
  readonly env: { readonly versions: { readonly common: string }; readonly wasm: { numThreads?: number } };
}

/** A package that may be installed, and whether it is the WebAssembly one. */
export interface RuntimePackage {
  readonly name: string;
  readonly wasm: boolean;
}

/**
 * In the order of trying. Those of our own scope hold what a system needs of the one after them, which weighs 290 MB and has an
 * install script, or 140 MB; `setup/release/runtimes.mjs` makes them.
 */
export const RUNTIMES: readonly RuntimePackage[] = [
  { name: `@kintsugi/onnxruntime-${process.platform}-${process.arch}`, wasm: false },
  { name: "onnxruntime-node", wasm: false },
  { name: "@kintsugi/onnxruntime-wasm", wasm: true },
  { name: "onnxruntime-web", wasm: true },
];

/** No package of ONNX Runtime is installed, or none runs here. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
}

/**
 * Opens the CPU back end.
 *
 * @param threads that work on one operator; WebAssembly takes one
 * @param packages where ONNX Runtime may come from, the first that loads
 *
 * @throws RuntimeError where none of them loads
 */
export async function openNodeBackend(
  threads = availableParallelism(),
  packages: readonly RuntimePackage[] = RUNTIMES,
): Promise<OnnxBackend> {
  const { runtime, wasm } = await load(packages);
  if (wasm) runtime.env.wasm.numThreads = 1;
  const [major, minor] = runtime.env.versions.common.split(".");
  const used = wasm ? 1 : threads;
  const how = wasm ? "WebAssembly, 1 thread" : `${used} ${used === 1 ? "thread" : "threads"}`;
  return new OnnxBackend(runtime, { description: `CPU: ONNX Runtime ${major}.${minor} (${how})`, threads: used });
}

async function load(packages: readonly RuntimePackage[]): Promise<{ runtime: Package; wasm: boolean }> {
  const reasons: string[] = [];
  for (const { name, wasm } of packages) {
    try {
      const found = await import(name);
      return { runtime: (found.default ?? found) as Package, wasm };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const missing = code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
      reasons.push(`${name} ${missing ? "is not installed" : `does not load (${message.split("\n")[0]})`}`);
    }
  }
  throw new RuntimeError(
    `no ONNX Runtime for the CPU: ${reasons.join(", ")}; install the packages again, or compute on a GPU`,
  );
}
