/** A process with one library in it, which runs what its parent asks for. */
import type { Contestant, Library, PeerCase, Prepared } from "./contestant.js";

export type Request =
  | { readonly ask: "prepare"; readonly given: PeerCase }
  | { readonly ask: "run" }
  | { readonly ask: "result"; readonly sampled: readonly number[] }
  | { readonly ask: "dispose" };

/** Seconds of a run, elements of a result, a version; or what went wrong. */
export type Answer = { readonly value: number | string | readonly number[] } | { readonly error: string };

const openers: Readonly<Record<Library, () => Promise<Contestant>>> = {
  kintsugi: async () => (await import("./ours.js")).openOurs(),
  tfjs: async () => (await import("./tfjs.js")).openTfjs(),
  "jax-js": async () => (await import("./jax.js")).openJax(),
};

let contestant: Contestant | undefined;
let prepared: Prepared | undefined;

async function answer(request: Request): Promise<number | string | readonly number[]> {
  contestant ??= await openers[process.argv[2] as Library]();
  switch (request.ask) {
    case "prepare":
      prepared = await contestant.prepare(request.given);
      return contestant.version;
    case "run": {
      const begin = performance.now();
      await prepared!.run();
      return (performance.now() - begin) / 1000;
    }
    case "result":
      return prepared!.result(request.sampled);
    case "dispose":
      prepared?.dispose();
      prepared = undefined;
      return 0;
  }
}

process.on("message", (request: Request) => {
  answer(request).then(
    (value) => process.send!({ value } satisfies Answer),
    (error: unknown) => process.send!({ error: String(error instanceof Error ? error.stack : error) } satisfies Answer),
  );
});
