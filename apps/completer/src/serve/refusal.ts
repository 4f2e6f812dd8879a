/** A request that cannot be served, and how that is said. Crosses between processes as plain data. */

export interface PlainRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Most characters of a refusal: what it quotes of a request may be of any length. */
const LONGEST = 300;

export class Refusal extends Error implements PlainRefusal {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(oneLine(message));
  }
}

function oneLine(message: string): string {
  const line = message.slice(0, 2 * LONGEST).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
