/** The page's end of the line: one worker, promises for its answers. Holds no state of the interface. */
import {
  CompleterError,
  type FromWorker,
  type Progress,
  type Request,
  type Results,
  type ToWorker,
} from "./messages.js";
import { startWorker, unreachable } from "./start_worker.js";

export interface AskOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  readonly transfer?: Transferable[];
}

interface Waiting {
  resolve(result: Results[keyof Results]): void;
  reject(error: unknown): void;
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
      try {
        this.#post({ id, request }, transfer);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error);
      }
      if (signal?.aborted) cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    }) as Promise<Results[T]>;
  }

  /** Ends the worker and all that waits for it; the next request starts another. */
  close(): void {
    this.#end(new CompleterError("cancelled", ""));
  }

  #end(reason: CompleterError): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(reason);
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
      // A script that fails has a message; one that is not there has none.
      this.#end(event.message ? new CompleterError("internal", `the worker: ${event.message}`) : unreachable());
    };
    return worker;
  }
}
