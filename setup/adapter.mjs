/**
 * Prints, as one line of JSON, the WebGPU adapter that this machine offers: `{ adapter: { vendor, architecture,
 * description, cpu } | null }`, or `{ broken: "…" }` where Dawn itself does not load. A process of its own, because a
 * faulty driver may take the process with it, and because a driver installed meanwhile is seen only by a new one.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// `webgpu` is a dependency of packages/gpu alone, so it resolves from there.
const require = createRequire(new URL("../packages/gpu/package.json", import.meta.url));

async function probe() {
  let create;
  try {
    ({ create } = await import(pathToFileURL(require.resolve("webgpu")).href));
  } catch (error) {
    return { broken: error.message.split("\n")[0] };
  }
  // The instance must stay referenced: once it is collected, its adapters are gone.
  globalThis.instance = create([]);
  const adapter = await globalThis.instance.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { adapter: null };
  const device = await adapter.requestDevice();
  device.destroy();
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return { adapter: { vendor, architecture, description, cpu: isFallbackAdapter === true } };
}

// Left at once: some drivers keep threads alive behind an idle instance.
const found = JSON.stringify(await probe());
process.stdout.write(`${found}\n`, () => process.exit(0));
