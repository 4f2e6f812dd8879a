/**
 * Takes the place of open_cpu.ts in what is built. The two files are written as addresses, which bundlers copy as they are,
 * and not as an import, which those that make classic workers refuse.
 */
import type { Backend } from "@kintsugi/autodiff";

export async function openCpu(): Promise<Backend> {
  const script = new URL("./image-completer.cpu.js", import.meta.url).href;
  const wasm = new URL("./image-completer.cpu.wasm", import.meta.url).href;
  const loaded = await import(/* webpackIgnore: true */ /* @vite-ignore */ script);
  return (loaded as typeof import("@kintsugi/onnx/web")).openWebBackend({ wasm });
}
