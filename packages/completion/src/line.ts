/**
 * Calls that wait in line for something that does one thing at a time, and those that are served together. Knows nothing of
 * what is done.
 */

export interface LineOptions<Call, Answer> {
  /** Calls with the same key may be served together; undefined: this one goes alone. */
  readonly together: (call: Call) => string | undefined;
  /** The most that are served at once with this one. */
  readonly most: (call: Call) => number;
  /**
   * Serves the first of these, and as many of the others as it can.
   *
   * @param signal aborted when all of them have left
   * @param done gives one of them its answer
   * @returns how many were served
   */
  readonly serve: (
    calls: readonly Call[],
    signal: AbortSignal,
    done: (call: Call, answer: Answer) => void,
  ) => Promise<number>;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly key: string | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
  /** Called when its caller has left while it is served. */
  onLeft?: () => void;
  left: boolean;
}

export class Line<Call, Answer> {
  #waiting: Waiting<Call, Answer>[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LineOptions<Call, Answer>) {}

  /** Does something when all that came before is over. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** The answer to a call. Throws the signal's reason as soon as it is aborted. */
  async join(call: Call, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = withResolvers<Answer>();
    const waiting: Waiting<Call, Answer> = { call, key: this.options.together(call), resolve, reject, left: false };
    const leave = () => {
      waiting.left = true;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      reject(signal!.reason);
      waiting.onLeft?.();
    };
    signal?.addEventListener("abort", leave, { once: true });
    this.#waiting.push(waiting);
    // A turn for each: those whose call went along with another's find nothing to do.
    this.inTurn(() => this.#serve());
    return promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  async #serve(): Promise<void> {
    const [first] = this.#waiting;
    if (!first) return;
    const alike = first.key === undefined ? [first] : this.#waiting.filter(({ key }) => key === first.key);
    const served = alike.slice(0, Math.max(1, this.options.most(first.call)));
    const byCall = new Map(served.map((waiting) => [waiting.call, waiting]));
    const all = new AbortController();
    for (const waiting of served) {
      waiting.onLeft = () => {
        if (served.every(({ left }) => left)) all.abort();
      };
    }
    try {
      const calls = served.map(({ call }) => call);
      const count = await this.options.serve(calls, all.signal, (call, answer) => byCall.get(call)!.resolve(answer));
      const over = new Set(served.slice(0, count));
      this.#waiting = this.#waiting.filter((waiting) => !over.has(waiting));
    } catch (error) {
      for (const { reject } of served) reject(error);
      this.#waiting = this.#waiting.filter((waiting) => !served.includes(waiting));
    }
  }
}

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}
