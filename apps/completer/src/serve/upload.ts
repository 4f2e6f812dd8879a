/**
 * Bodies of requests, read before anything is done for them: of a size, in a time, at a pace, and no more at once than there is
 * memory for. Who sends slowly takes nobody's place.
 */
import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.js";

export interface UploadLimits {
  /** Largest body. */
  readonly maxBytes: number;
  /** Most bytes of all unfinished bodies; beyond that the slowest upload is turned away. */
  readonly maxHeld: number;
  /** Most seconds of an upload. */
  readonly seconds: number;
}

/** An upload must bring as many bytes in every stretch of so many seconds. */
export const PACE = { bytes: 5 * 1024, seconds: 5 } as const;

interface Upload {
  readonly began: number;
  length: number;
  refuse(refusal: Refusal): void;
}

export interface Uploads {
  /** The whole body. Throws Refusal: 408, 413, 503, or the signal's reason. */
  read(request: IncomingMessage, signal: AbortSignal): Promise<Buffer>;
  /** How many are unfinished. */
  readonly count: number;
  /** Turns all that are unfinished away. */
  end(): void;
}

export function createUploads({ maxBytes, maxHeld, seconds }: UploadLimits): Uploads {
  const open = new Set<Upload>();
  let held = 0;

  function makeRoom(): void {
    const rate = ({ length, began }: Upload) => length / (performance.now() - began + 1);
    while (held > maxHeld) {
      const slowest = [...open].reduce((least, other) => (rate(other) < rate(least) ? other : least));
      slowest.refuse(new Refusal(503, "too much is being uploaded at once; try again later"));
    }
  }

  return {
    get count() {
      return open.size;
    },
    end() {
      for (const upload of [...open]) upload.refuse(new Refusal(503, "the server is shutting down"));
    },
    read(request, signal) {
      const large = new Refusal(413, `the body is larger than ${maxBytes} bytes; shrink the image first`);
      if (Number(request.headers["content-length"]) > maxBytes) return Promise.reject(large);
      return new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        const settle = () => {
          if (!open.delete(upload)) return;
          held -= upload.length;
          clearInterval(pace);
          clearTimeout(clock);
          signal.removeEventListener("abort", gone);
          request.off("data", take).off("end", complete).off("error", gone);
        };
        const upload: Upload = {
          began: performance.now(),
          length: 0,
          refuse(refusal) {
            settle();
            reject(refusal);
          },
        };
        const gone = () => {
          settle();
          reject(signal.aborted ? signal.reason : new DOMException("the client hung up", "AbortError"));
        };
        const take = (chunk: Buffer) => {
          if (upload.length + chunk.length > maxBytes) return upload.refuse(large);
          upload.length += chunk.length;
          held += chunk.length;
          chunks.push(chunk);
          makeRoom();
        };
        const complete = () => {
          settle();
          resolve(Buffer.concat(chunks, upload.length));
        };
        let before = 0;
        const pace = setInterval(() => {
          const slow = `the upload brings less than ${PACE.bytes} bytes in ${PACE.seconds} s`;
          if (upload.length - before < PACE.bytes) upload.refuse(new Refusal(408, slow));
          before = upload.length;
        }, 1000 * PACE.seconds);
        const clock = setTimeout(
          () => upload.refuse(new Refusal(408, `the upload takes longer than ${seconds} s`)),
          1000 * seconds,
        );
        open.add(upload);
        signal.addEventListener("abort", gone, { once: true });
        request.on("data", take).once("end", complete).once("error", gone);
        if (signal.aborted) gone();
      });
    },
  };
}
