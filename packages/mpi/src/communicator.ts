/** The processes of a job as one object. Knows numbers and bytes, and neither tensors nor files. */
import { type Launch, launchOf } from "./launch.js";
import { type Library, loadLibrary, MpiError } from "./library.js";

/** The most elements that one call takes: counts are ints, and messages of gigabytes gain nothing. */
const MOST = 2 ** 28;

export interface Communicator {
  /** This process, from 0. */
  readonly rank: number;
  /** Processes of the job. */
  readonly size: number;
  /** This process among those on the same machine: chooses its device. */
  readonly localRank: number;
  /** For people: the library, and how many processes. */
  readonly description: string;
  /**
   * values ← the sum over all processes, on all of them the same bits. Collective, as all that follows: every process must
   * make the same calls in the same order; a second one may be made before the first is done.
   */
  sum(values: Float32Array): Promise<void>;
  /** The parts of all processes, one after the other by rank. All parts must have the same length. */
  gather(part: Float32Array): Promise<Float32Array>;
  /** The bytes of process `root` on all; elsewhere `bytes` is overwritten, and must have the same length. */
  broadcast(bytes: Uint8Array, root?: number): Promise<void>;
  /** Resolves once all processes have come here. */
  barrier(): Promise<void>;
  /** Ends all processes of the job at once, with this exit code. */
  abort(code: number): never;
  /** Leaves the job in peace. Blocks until all processes do. */
  finalize(): void;
}

/**
 * Joins the job that this process was started in. Undefined, and nothing is loaded, where it was started by itself.
 *
 * @throws MpiError where the library is missing or refuses, with the remedy
 */
export async function joinJob(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Communicator | undefined> {
  const launch = launchOf(environment);
  if (!launch) return undefined;
  return connect(await loadLibrary(launch.family, environment.KINTSUGI_MPI), launch);
}

function connect(library: Library, launch: Launch): Communicator {
  const { rank, size } = library.start();
  // A library that the launcher does not belong to takes every process for a job of its own.
  if (size !== launch.size) {
    throw new MpiError(
      `the launcher started ${launch.size} processes, but ${library.path} sees ${size}: ` +
        "start them with the mpirun of the same MPI, or name the library that belongs to it in KINTSUGI_MPI",
    );
  }
  return {
    rank,
    size,
    localRank: launch.localRank,
    description: `${launch.family}, ${size} processes`,
    async sum(values) {
      for (let at = 0; at < values.length; at += MOST) await library.sum(values.subarray(at, at + MOST));
    },
    async gather(part) {
      const all = new Float32Array(new ArrayBuffer(4 * part.length * size));
      await library.gather(part, all);
      return all;
    },
    async broadcast(bytes, root = 0) {
      for (let at = 0; at < bytes.length; at += MOST) await library.broadcast(bytes.subarray(at, at + MOST), root);
    },
    barrier: () => library.barrier(),
    abort(code) {
      library.abort(code);
      process.exit(code);
    },
    finalize: () => library.finalize(),
  };
}
