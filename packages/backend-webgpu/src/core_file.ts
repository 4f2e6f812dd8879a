/** A table of cores as a file: what `npm run tune` writes and `WebGpuBackend` takes. */
import { type CoreTable, usableCores } from "@kintsugi/kernels";

/** Which adapter was measured, and what it does best. */
export interface CoreFile {
  readonly adapter: string;
  readonly cores: CoreTable;
}

/**
 * The table in the text of a core file.
 *
 * @param path names the file in messages
 * @param adapter the description of the adapter that it is for
 * @throws Error where the text is no core file, or that of another adapter
 */
export function parseCoreFile(path: string, text: string, adapter: string): CoreTable {
  const fail = (reason: string): never => {
    throw new Error(`${path}: ${reason}; \`npm run tune -- --out ${path}\` writes one for this adapter`);
  };
  const { adapter: measured, cores } = parse(text) ?? fail("is no table of cores");
  if (measured !== adapter) fail(`was tuned on ${measured}, and this is ${adapter}`);
  const known: readonly string[] = usableCores({ software: false, subgroupSize: Number.POSITIVE_INFINITY });
  const wrong = Object.entries(cores).find(([, core]) => !known.includes(core));
  if (wrong) fail(`gives ${wrong[0]} the core ${JSON.stringify(wrong[1])}, which is none of ${known.join(", ")}`);
  return cores;
}

function parse(text: string): CoreFile | undefined {
  try {
    const found: Partial<CoreFile> | null = JSON.parse(text);
    const whole = typeof found?.adapter === "string" && typeof found.cores === "object" && found.cores !== null;
    return whole ? (found as CoreFile) : undefined;
  } catch {
    return undefined;
  }
}
