/**
 * Waiting without taking the adapter's processor away.
 *
 * In Node, Dawn asks for news in every turn of the event loop (`setImmediate`) as long as one of its promises is pending,
 * which keeps one core fully busy. A software adapter computes on those same cores: with two of them, a training step took
 * 1.42 s while we waited eagerly and 0.84 s while we waited like this. So the thread sleeps for a millisecond in each turn
 * until the promise settles; whatever else the event loop has to do goes on between two naps.
 */

const NAP_MILLISECONDS = 1;

/** How many promises are waited for; the naps end with the last of them. */
let waiting = 0;
let napping = false;
let cell: Int32Array | undefined;

/** The same promise, napping until it settles. Where there is no `setImmediate` (pages) nobody polls, and nobody naps. */
export async function patiently<T>(promise: Promise<T>): Promise<T> {
  if (typeof setImmediate !== "function") return promise;
  cell ??= new Int32Array(new SharedArrayBuffer(4));
  waiting++;
  if (!napping) setImmediate(nap);
  napping = true;
  try {
    return await promise;
  } finally {
    waiting--;
  }
}

function nap(): void {
  napping = waiting > 0;
  if (!napping) return;
  Atomics.wait(cell!, 0, 0, NAP_MILLISECONDS);
  setImmediate(nap);
}
