/** The page's end of the line: one worker, promises for its answers. Holds no state of the interface. */
import {
  CompleterError,
  type FromWorker,
  type Progress,
  type Request,
  type Results,
  type ToWorker,
} from "./messages.js";
import { startWorker } from "./start_worker.js";

export interface AskOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  readonly transfer?: Transferable[];
}

interface Waiting {
  resolve(result: Results[keyof Results]): void;
  reject(error: CompleterError): void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

export class Engine {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /**
   * Sends a request. Throws CompleterError. An abort rejects at once with `cancelled`; the worker ends its present step and
   * takes the next request.
   */
  ask<T extends Request["type"]>(
    request: Extract<Request, { type: T }>,
    { onProgress, signal, transfer = [] }: AskOptions = {},
  ): Promise<Results[T]> {
    const id = ++this.#last;
    return new Promise<Results[keyof Results]>((resolve, reject) => {
      const cancel = () => {
        if (!this.#waiting.delete(id)) return;
        this.#post({ id, cancel: true });
        reject(new CompleterError("cancelled", ""));
      };
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#post({ id, request }, transfer);
      if (signal?.aborted) cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    }) as Promise<Results[T]>;
  }

  /** Ends the worker and all that waits for it; the next request starts another. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new CompleterError("cancelled", ""));
    this.#waiting.clear();
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message, transfer);
  }

  #start(): Worker {
    const worker = startWorker();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.id);
      if (!waiting) return;
      if ("progress" in data) {
        waiting.onProgress?.(data.progress);
        return;
      }
      this.#waiting.delete(data.id);
      if ("result" in data) waiting.resolve(data.result);
      else waiting.reject(new CompleterError(data.failure.code, data.failure.detail));
    };
    worker.onerror = (event) => {
      const detail =
        event.message || "its file could not be loaded; is it beside the script, and allowed by worker-src?";
      for (const { reject } of this.#waiting.values()) reject(new CompleterError("internal", `the worker: ${detail}`));
      this.#waiting.clear();
      this.#worker?.terminate();
      this.#worker = undefined;
    };
    return worker;
  }
}
