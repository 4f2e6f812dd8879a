/** A moving average of how much is done per second. */
export interface Rate {
  /** Notes that `amount` more is done, at `seconds` on any steady clock. */
  add(amount: number, seconds?: number): void;
  /** Undefined until time has passed between two notes. */
  perSecond(): number | undefined;
}

/**
 * Averages over a window of the latest notes, so that a pause or a slow start is forgotten.
 * @param window the number of intervals that count
 */
export function createRate(window = 32): Rate {
  const notes: { done: number; seconds: number }[] = [];
  let done = 0;
  return {
    add(amount, seconds = performance.now() / 1000) {
      done += amount;
      notes.push({ done, seconds });
      if (notes.length > window + 1) notes.shift();
    },
    perSecond() {
      const first = notes[0];
      const last = notes.at(-1);
      if (first === undefined || last === undefined || last.seconds <= first.seconds) return undefined;
      return (last.done - first.done) / (last.seconds - first.seconds);
    },
  };
}
