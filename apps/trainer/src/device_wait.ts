/**
 * How long the device had nothing to do. The host learns that work is done when its event loop turns, so that a pause is
 * seen as late as the loop is blocked; `blocked` says for how long it was, and the pause counts from its beginning: what
 * is reported is rather too much than too little.
 */
export class DeviceWait {
  #unfinished = 0;
  #idleSince: number | undefined;
  #waited = 0;
  #since: number;
  #block = { from: 0, to: 0 };

  constructor(readonly now: () => number = () => performance.now()) {
    this.#since = now();
  }

  /** Says that the host was busy from a time until now, and saw nothing. */
  blocked(from: number): void {
    this.#block = { from, to: this.now() };
  }

  /** Call it right before work is given to the device. */
  giving(): void {
    if (this.#idleSince === undefined) return;
    this.#waited += this.now() - Math.max(this.#idleSince, this.#since);
    this.#idleSince = undefined;
  }

  /** Call it right after, with what resolves when all the work is done. */
  given(done: Promise<unknown>): void {
    this.#unfinished++;
    const finish = () => {
      this.#unfinished--;
      const now = this.now();
      const { from, to } = this.#block;
      if (this.#unfinished === 0) this.#idleSince = now - to < TURN ? from : now;
    };
    // Whoever runs the device meets its errors too.
    done.then(finish, finish);
  }

  /** The share of the time since the last call, in [0, 1]. */
  share(): number {
    const now = this.now();
    const idle = this.#idleSince === undefined ? 0 : now - Math.max(this.#idleSince, this.#since);
    const share = (this.#waited + idle) / (now - this.#since);
    this.#waited = 0;
    this.#since = now;
    return Number.isFinite(share) ? Math.min(1, share) : 0;
  }
}

/** Milliseconds within which a turn of the event loop comes after a block. */
const TURN = 2;

/** Lets the event loop look for what is done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === "function" ? setImmediate(resolve) : setTimeout(resolve)));
}
