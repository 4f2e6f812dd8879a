/** The worker's end of the line: takes requests one after another, reports progress, and hears a cancel in between. */
import {
  CompleterError,
  type Failure,
  type FromWorker,
  type Request,
  type Results,
  type ToWorker,
} from "./messages.js";
import { render } from "./worker/pixels.js";
import { Session, type Task } from "./worker/session.js";

/** What is used of a worker's global scope; the types of pages have no name for it. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = globalThis as unknown as Scope;
const session = new Session();
const running = new Map<number, AbortController>();
let queue: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }) => {
  const { id } = data;
  if ("cancel" in data) {
    running.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  const { signal } = controller;
  const report: Task["report"] = (progress) => scope.postMessage({ id, progress });
  queue = queue
    .then(async () => {
      signal.throwIfAborted();
      scope.postMessage({ id, result: await answer(data.request, { report, signal }) });
    })
    .catch((error: unknown) => scope.postMessage({ id, failure: failureOf(error, signal) }))
    .finally(() => running.delete(id));
};

function answer(request: Request, task: Task): Promise<Results[keyof Results]> {
  switch (request.type) {
    case "load":
      return session.load(request.model, request.settings, task);
    case "complete":
      return session.complete(request.picture, request.mask, request.settings, task);
    case "render":
      return render(request.picture, request.region, request.mask, request.size, request.rgba);
  }
}

function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return { code: "cancelled", detail: "" };
  if (error instanceof CompleterError) return { code: error.code, detail: error.detail };
  return { code: "internal", detail: error instanceof Error ? error.message : String(error) };
}
