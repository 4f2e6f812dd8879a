/** A process that does the work of `pictures.ts`, one job after the other, for the server that started it. */
import type { Body } from "./body.js";
import { type Found, finish, type Prepared, prepare, type Setting } from "./pictures.js";
import { type PlainRefusal, Refusal } from "./refusal.js";

export interface Job {
  readonly body: Body;
  readonly setting: Setting;
  /** Paint what was found, instead of preparing. */
  readonly found?: Found;
  /** Answers with the PNG in base64. */
  readonly base64?: boolean;
}

export type Outcome =
  | { readonly prepared: Prepared }
  | { readonly png: Uint8Array }
  | { readonly refusal: PlainRefusal }
  | { readonly error: string };

async function outcomeOf({ body, setting, found, base64 }: Job): Promise<Outcome> {
  try {
    if (!found) return { prepared: await prepare(body, setting) };
    const png = await finish(body, setting, found);
    return { png: base64 ? Buffer.from(Buffer.from(png).toString("base64"), "latin1") : png };
  } catch (error) {
    if (!(error instanceof Refusal)) return { error: error instanceof Error ? error.message : String(error) };
    const { status, message, headers } = error;
    return { refusal: { status, message, headers } };
  }
}

// Signals to a whole service are for the server, which says when this ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
process.on("message", async (job: Job) => process.send!(await outcomeOf(job)));
process.once("disconnect", () => process.exit());
process.send!("ready");
