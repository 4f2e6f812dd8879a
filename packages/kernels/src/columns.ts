/** How kernels that walk down the columns of a matrix share out its rows and channels. */
import type { DeviceClass } from "./tiles.js";

/** Fewer rows are not worth a partial result of their own. */
const MIN_CHUNK_ROWS = 32;
/** Chunks at most: enough for every core of a large GPU, or for a few processors, which merge few faster. */
const MAX_CHUNKS = { software: 8, hardware: 128 };

/** Rows that one invocation walks down for a partial result; fixed by shape and class, so that sums always associate alike. */
export function chunkRows({ software }: DeviceClass, rows: number): number {
  return Math.max(MIN_CHUNK_ROWS, Math.ceil(rows / (software ? MAX_CHUNKS.software : MAX_CHUNKS.hardware)));
}

/** Which variant of a column kernel does so many channels: `shared/elements_*.wgsl`. */
export function elementsOf(channels: number): "one" | "four" {
  return channels % 4 === 0 ? "four" : "one";
}
