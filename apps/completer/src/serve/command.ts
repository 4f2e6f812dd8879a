/** `kintsugi serve`: options, the life of the server, and what is said of it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { openBackend } from "@kintsugi/backend";
import { createCompleter } from "@kintsugi/completion";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import {
  CommandError,
  createReporter,
  createVerb,
  exitCodes,
  interruptible,
  kinds,
  option,
  type VerbOptions,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { readEncoder } from "../encoder_command.js";
import { openFaces, templateOf } from "../faces.js";
import { SEARCH_OPTIONS, searchOptions, TEMPLATE } from "../options.js";
import { Refusal } from "./body.js";
import type { Faces } from "./request.js";
import { createService } from "./server.js";

const NOTES = `
POST /v1/complete   image, and if wanted mask (a word of complete's --mask, alpha, color:#rrggbb, or an image), missing, region,
                    landmarks (points, or auto), iterations, seed, lambda, blend; as multipart/form-data, or as JSON with
                    images in base64.
                    Answers JSON with the completion as a data URL and its losses, or with Accept: image/png the PNG alone
GET /openapi.json   the same for programs: OpenAPI 3.1
GET /healthz        200 while requests are taken
GET /metrics        counts in Prometheus' format
Requests that wait with the same options are searched together, up to --batch searches.
The service asks for no password and speaks no TLS: put a proxy in front of it before it listens elsewhere than on 127.0.0.1.
SIGTERM and Ctrl-C let it finish what was accepted; a second one ends it at once.`;

const SERVE_OPTIONS = {
  ...MODEL_OPTION,
  port: option(kinds.integerBetween("port", 0, 65_535), {
    help: "to listen on, 0 for any that is free",
    default: 8080,
  }),
  host: option(kinds.text("address"), { help: "to listen on", default: "127.0.0.1" }),
  queue: option(kinds.positiveInteger("requests"), {
    help: "that may wait or run; more are answered 503",
    default: 16,
  }),
  maxBytes: option(kinds.positiveInteger("bytes"), { help: "of the largest request", default: 16 * 2 ** 20 }),
  maxPixels: option(kinds.positiveInteger("pixels"), { help: "of the largest image", default: 40_000_000 }),
  timeout: option(kinds.positiveNumber("seconds"), {
    help: "most time for a request, waiting included",
    default: 300,
  }),
  template: option(TEMPLATE, {
    help: "where the model has its faces, for landmarks; as for complete",
    level: "more",
  }),
  ...SEARCH_OPTIONS,
};

type Options = VerbOptions<typeof SERVE_OPTIONS>;

export function serveCommand(): Command {
  return createVerb({
    name: "serve",
    summary: "complete images for other programs, over HTTP",
    table: SERVE_OPTIONS,
    notes: NOTES,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const reporter = createReporter(options);
  const model = await readModel(options.model);
  const encoder = await readEncoder(options.encoder, model.config);
  const backend = await openBackend(options, (line) => reporter.say(line));
  const completer = createCompleter({ device: backend, model, ...encoder, batch: options.batch });
  const interrupt = interruptible((signal) =>
    reporter.say(`${signal}: finishing what is at hand (again to leave at once)`),
  );
  try {
    const defaults = { ...searchOptions(options), blend: options.blend };
    const { queue, maxBytes, maxPixels, timeout } = options;
    const service = createService(completer, {
      ...{ queue, maxBytes, maxPixels, timeout, defaults, faces: facesOf(options, model.config.size) },
      onError: (error) => reporter.warn(error instanceof Error ? error.message : String(error)),
    });
    service.server.listen(options.port, options.host);
    await once(service.server, "listening").catch((cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
      const place = `${options.host} port ${options.port}`;
      throw new CommandError(
        `cannot listen on ${place}: ${reason}; choose another --port or --host`,
        exitCodes.failed,
        {
          cause,
        },
      );
    });
    const { port } = service.server.address() as AddressInfo;
    const host = options.host.includes(":") ? `[${options.host}]` : options.host;
    reporter.say(
      `http://${host}:${port} completes ${model.config.size}×${model.config.size} on ${backend.description}`,
    );
    reporter.emit({ t: "listening", host: options.host, port, backend: backend.description });
    if (!interrupt.signal.aborted) await once(interrupt.signal, "abort");
    await service.close();
    reporter.emit({ t: "end" });
  } finally {
    interrupt.release();
    await completer.destroy();
    backend.destroy();
  }
}

/** The finder of faces is large, and loaded when the first request asks for it. Where it is missing, no client is to blame. */
function facesOf(options: Options, size: number): Faces {
  let finder: ReturnType<typeof openFaces> | undefined;
  return {
    template: templateOf(options),
    async find(picture) {
      finder ??= openFaces({ ...options, landmarks: "auto" }, size);
      const find = await finder.catch((error: Error) => {
        finder = undefined;
        throw new Refusal(501, `landmarks auto does not work on this server: ${error.message}`);
      });
      return find!("", picture);
    },
  };
}
