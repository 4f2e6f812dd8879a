/** The MPI library as C functions, through koffi. The only file that knows handles and pointers. */
import type { Family } from "./launch.js";

/** An MPI library that is missing or does not work, with what to install. */
export class MpiError extends Error {
  override readonly name = "MpiError";
}

/** Handles are pointers in Open MPI and integers in MPICH. */
type Handle = bigint | number;
type Koffi = typeof import("koffi")["default"];

export interface Library {
  readonly path: string;
  /** Starts MPI; says whose process this is, and among how many. */
  start(): { readonly rank: number; readonly size: number };
  /** buffer ← the sum over all processes. */
  sum(buffer: Float32Array): Promise<void>;
  gather(part: Float32Array, all: Float32Array): Promise<void>;
  broadcast(bytes: Uint8Array, root: number): Promise<void>;
  barrier(): Promise<void>;
  abort(code: number): void;
  finalize(): void;
}

const FILES: Readonly<Record<Family, readonly string[]>> = {
  "Open MPI": ["libmpi.so.40", "libmpi.40.dylib", "libmpi.so", "libmpi.dylib"],
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib", "libmpich.so"],
};

const PACKAGE: Readonly<Record<Family, string>> = { "Open MPI": "libopenmpi-dev", MPICH: "libmpich-dev" };

interface Constants {
  readonly world: Handle;
  readonly float: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  /** MPI_IN_PLACE: the receive buffer holds what is sent. */
  readonly inPlace: bigint;
}

/** MPICH's are numbers that its ABI initiative fixes: https://www.mpich.org/abi. */
const MPICH: Constants = { world: 0x44000000, float: 0x4c00040a, byte: 0x4c00010d, sum: 0x58000003, inPlace: -1n };

/** @param file the library, instead of the usual names */
export async function loadLibrary(family: Family, file?: string): Promise<Library> {
  // UCX, under MPICH, patches the calls that map memory, and V8 then now and then finds a page gone: 2 of 60 jobs crashed.
  process.env.UCX_MEM_EVENTS ??= "n";
  const koffi = await import("koffi").then(
    (found) => found.default,
    (cause: unknown) => {
      throw new MpiError("koffi, which calls MPI's library, is not installed: npm install koffi", { cause });
    },
  );
  const names = file === undefined ? FILES[family] : [file];
  const reasons: string[] = [];
  for (const path of names) {
    try {
      // Open MPI loads parts of itself later, and these look for its symbols globally.
      return bind(koffi, koffi.load(path, { global: true, lazy: true }), path);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new MpiError(
    `${family} started this process, but its library does not load (${reasons[0]}): install it ` +
      `(Debian, Ubuntu: apt-get install ${PACKAGE[family]}), or name its file in KINTSUGI_MPI`,
  );
}

function bind(koffi: Koffi, library: ReturnType<Koffi["load"]>, path: string): Library {
  const { world, float, byte, sum, inPlace } = openMpi(library) ?? MPICH;
  const handle = typeof world === "number" ? "int" : "intptr_t";
  const declare = (name: string, ...types: string[]) => library.func(`MPI_${name}`, "int", types);
  const calls = {
    init: declare("Init", "void *", "void *"),
    rank: declare("Comm_rank", handle, "_Out_ int *"),
    size: declare("Comm_size", handle, "_Out_ int *"),
    sum: declare("Iallreduce", "intptr_t", "intptr_t", "int", handle, handle, handle, "intptr_t"),
    gather: declare("Iallgather", "intptr_t", "int", handle, "intptr_t", "int", handle, handle, "intptr_t"),
    broadcast: declare("Ibcast", "intptr_t", "int", handle, "int", handle, "intptr_t"),
    barrier: declare("Ibarrier", handle, "intptr_t"),
    test: declare("Test", "intptr_t", "_Out_ int *", "intptr_t"),
    abort: declare("Abort", handle, "int"),
    finalize: declare("Finalize"),
  };
  const check = (name: string, code: number) => {
    if (code !== 0) throw new MpiError(`${path}: MPI_${name} failed with code ${code}`);
  };
  const read = (name: "rank" | "size") => {
    const out: [number] = [0];
    check(name, calls[name](world, out));
    return out[0];
  };
  // Off the heap, where the collector does not move it while the library writes to it.
  const addressOf = (values: Float32Array | Uint8Array | BigInt64Array) =>
    koffi.address(values.buffer) + BigInt(values.byteOffset);

  /** What the library may still write to: without a reference the collector would take it away. */
  const inUse = new Set<readonly unknown[]>();

  /**
   * Starts a call that returns at once, and asks after every turn of the event loop whether it is done: MPI then needs no
   * threads, and signals are heard meanwhile.
   */
  async function wait(name: string, buffers: readonly unknown[], start: (request: bigint) => number): Promise<void> {
    const request = new BigInt64Array(new ArrayBuffer(8));
    // MPI_Status has six ints in Open MPI and five in MPICH.
    const status = new BigInt64Array(new ArrayBuffer(64));
    const [requestAt, statusAt] = [addressOf(request), addressOf(status)];
    const kept = [request, status, ...buffers];
    inUse.add(kept);
    check(name, start(requestAt));
    const done: [number] = [0];
    for (;;) {
      check("Test", calls.test(requestAt, done, statusAt));
      if (done[0] !== 0) break;
      await new Promise(setImmediate);
    }
    inUse.delete(kept);
  }

  return {
    path,
    start() {
      check("Init", calls.init(null, null));
      return { rank: read("rank"), size: read("size") };
    },
    sum: (buffer) =>
      wait("Iallreduce", [buffer], (request) =>
        calls.sum(inPlace, addressOf(buffer), buffer.length, float, sum, world, request),
      ),
    gather: (part, all) =>
      wait("Iallgather", [part, all], (request) =>
        calls.gather(addressOf(part), part.length, float, addressOf(all), part.length, float, world, request),
      ),
    broadcast: (bytes, root) =>
      wait("Ibcast", [bytes], (request) => calls.broadcast(addressOf(bytes), bytes.length, byte, root, world, request)),
    barrier: () => wait("Ibarrier", [], (request) => calls.barrier(world, request)),
    abort: (code) => calls.abort(world, code),
    finalize: () => check("Finalize", calls.finalize()),
  };
}

/**
 * Open MPI's handles are the addresses of objects that the library exports; its MPI_IN_PLACE is the pointer 1. Undefined for a
 * library that exports none, and so is another.
 */
function openMpi(library: ReturnType<Koffi["load"]>): Constants | undefined {
  const address = (symbol: string) => library.symbol(symbol, "char") as bigint;
  try {
    return {
      world: address("ompi_mpi_comm_world"),
      float: address("ompi_mpi_float"),
      byte: address("ompi_mpi_byte"),
      sum: address("ompi_mpi_op_sum"),
      inPlace: 1n,
    };
  } catch {
    return undefined;
  }
}
