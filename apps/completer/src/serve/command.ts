/** `kintsugi serve`: options, the life of the server, and what is said of it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { openBackend } from "@kintsugi/backend";
import { createCompleter } from "@kintsugi/completion";
import { type FacePoints, type FaceTemplate, parseFaceTemplate } from "@kintsugi/images";
import { readModel } from "@kintsugi/models/node";
import {
  addOutputOptions,
  CommandError,
  createReporter,
  exitCodes,
  integer,
  interruptible,
  parsedBy,
  positiveInteger,
  positiveNumber,
  type ReporterOptions,
} from "@kintsugi/terminal";
import { Command, InvalidArgumentError } from "commander";
import { readEncoder } from "../encoder_command.js";
import { openFaces, templateOf } from "../faces.js";
import { addSearchOptions, type SearchOptions, searchOptions } from "../options.js";
import { Refusal } from "./body.js";
import type { Faces } from "./request.js";
import { createService } from "./server.js";

interface Options extends Required<ReporterOptions>, SearchOptions {
  readonly model: string;
  readonly port: number;
  readonly host: string;
  readonly queue: number;
  readonly maxBytes: number;
  readonly maxPixels: number;
  readonly timeout: number;
  readonly template?: FaceTemplate | FacePoints;
}

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

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("complete images for other programs, over HTTP")
    .requiredOption("--model <file>", "a model or checkpoint, .safetensors, or the name of a shipped one")
    .option("--port <n>", "port, 0 for any that is free", port, 8080)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--queue <n>", "requests that may wait or run; more are answered 503", positiveInteger("requests"), 16)
    .option("--max-bytes <n>", "largest request", positiveInteger("bytes"), 16 * 2 ** 20)
    .option("--max-pixels <n>", "most pixels of an image", positiveInteger("pixels"), 40_000_000)
    .option("--timeout <seconds>", "most time for a request, waiting included", positiveNumber("seconds"), 300)
    .option(
      "--template <where>",
      "where the model has its faces, for landmarks; as for complete",
      parsedBy(parseFaceTemplate),
    )
    .addHelpText("after", NOTES);
  return addOutputOptions(addSearchOptions(command)).action(run);
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

function port(text: string): number {
  const value = integer("ports")(text);
  if (value < 0 || value > 65535) throw new InvalidArgumentError("Give a port from 0 to 65535.");
  return value;
}
