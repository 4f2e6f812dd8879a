/** What a run ran on, for those who compare runs: no names of machines or people. */
import { arch, cpus, release, totalmem, type } from "node:os";

/** @param device the back end's description */
export function hardwareOf(device: string, version: string): Readonly<Record<string, string>> {
  const cores = cpus();
  return {
    device,
    processor: `${cores.length} × ${cores[0]?.model.trim() ?? "unknown"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    kintsugi: version,
  };
}
