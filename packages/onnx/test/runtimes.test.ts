/** Which ONNX Runtime is taken: the first that is installed and loads, and WebAssembly computes the same. */
import { input, matmul } from "@kintsugi/autodiff";
import { expect, it } from "vitest";
import { openNodeBackend, type RuntimePackage } from "../src/node.js";

const ABSENT: RuntimePackage = { name: "@kintsugi/onnxruntime-nowhere", wasm: false };

async function product(packages: readonly RuntimePackage[]) {
  const backend = await openNodeBackend(2, packages);
  const program = await backend.compile({
    name: "product",
    outputs: { y: matmul(input("x", [2, 2]), input("w", [2, 1])) },
  });
  await program.run({ x: Float32Array.of(1, 2, 3, 4), w: Float32Array.of(10, 1) });
  const { y } = await program.read("y");
  return { description: backend.description, y: [...y!] };
}

it("takes machine code where it is installed", async () => {
  const { description, y } = await product([ABSENT, { name: "onnxruntime-node", wasm: false }]);
  expect(description).toMatch(/^CPU: ONNX Runtime [\d.]+ \(2 threads\)$/);
  expect(y).toEqual([12, 34]);
});

it("takes WebAssembly where there is no machine code", async () => {
  const { description, y } = await product([ABSENT, { name: "onnxruntime-web", wasm: true }]);
  expect(description).toMatch(/^CPU: ONNX Runtime [\d.]+ \(WebAssembly, 1 thread\)$/);
  expect(y).toEqual([12, 34]);
});

it("names what is missing where there is neither", async () => {
  await expect(openNodeBackend(1, [ABSENT])).rejects.toThrow(
    /no ONNX Runtime for the CPU: @kintsugi\/onnxruntime-nowhere .*install the packages again, or compute on a GPU/,
  );
});
