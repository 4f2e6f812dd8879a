/** Work on many files at a time whose results come in the files' order. */
import { availableParallelism } from "node:os";

/** A few more than cores hide the waiting for the disk; many more would only hold decoded pictures in memory. */
const AT_ONCE = Math.min(16, availableParallelism() + 2);

/** The results of `work` in the order of the items, a few items at a time. `work` does not throw unless all is to end. */
export async function* inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  try {
    while (next < items.length || running.length > 0) {
      while (next < items.length && running.length < AT_ONCE) running.push(work(items[next++]!));
      yield await running.shift()!;
    }
  } finally {
    await Promise.allSettled(running);
  }
}
