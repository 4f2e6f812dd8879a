/** `kintsugi serve`: options, the life of the server, and what is said of it. */
import { once } from "node:events";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { openBackend } from "@kintsugi/backend";
import { createCompleter } from "@kintsugi/completion";
import { isModelName, models } from "@kintsugi/models";
import { MODEL_OPTION, modelFile, readModel } from "@kintsugi/models/node";
import { createReporter, createVerb, interruptible, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { readEncoder } from "../encoder_command.js";
import { templateOf } from "../faces.js";
import { SEARCH_OPTIONS, searchOptions, TEMPLATE } from "../options.js";
import { accessOf, parseHosts, parseOrigins } from "./access.js";
import { describe, FIELDS } from "./fields.js";
import { listen } from "./listen.js";
import { pageFiles } from "./page.js";
import { createService } from "./server.js";

const NOTES = `
POST /v1/complete   completes an image, sent as multipart/form-data, or as JSON with images in base64. Answers JSON with the
                    completion as a data URL and its losses, or with Accept: image/png the PNG alone. Fields:
${fieldLines()}
GET /               a page to drop a picture into, which computes in the browser; not with --token-file
GET /openapi.json   the same for programs: OpenAPI 3.1
GET /healthz        200 while requests are taken; like /metrics for anybody who reaches the port
GET /metrics        counts in Prometheus' format
Requests that wait with the same options are searched together, up to --batch searches.
Pages of other origins may not use the service unless --allow-origin names them. There is no TLS: put a proxy in front.
SIGTERM and Ctrl-C let accepted requests finish, pictures that take over a second excepted; a second one ends it at once.`;

/** Processes for pictures. More would need more memory, and the search has the processor too. */
const PICTURE_PROCESSES = Math.min(2, availableParallelism());

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
  allowHost: option(
    kinds.parsedBy("names", parseHosts, (names) => names.join(",")),
    {
      help: "that requests may give for this service, beside those of this machine",
      unset: "this machine's",
    },
  ),
  allowOrigin: option(
    kinds.parsedBy("origins", parseOrigins, (origins) => origins.join(",")),
    {
      help: "of pages that may use the service, such as https://example.org",
      unset: "its own page's",
    },
  ),
  tokenFile: option(kinds.text("file"), {
    help: "with the token that requests must send: Authorization: Bearer TOKEN",
  }),
  withoutToken: option(kinds.flag, { help: "let anybody who reaches --host use the service", default: false }),
  probePort: option(kinds.integerBetween("port", 0, 65_535), { help: "of their own for /healthz and /metrics" }),
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
  const access = await accessOf(options);
  const model = await readModel(options.model);
  const encoder = await readEncoder(options.encoder, model.config);
  const backend = await openBackend(options, (line) => reporter.say(line));
  const completer = createCompleter({ device: backend, model, ...encoder, batch: options.batch });
  const interrupt = interruptible((signal) =>
    reporter.say(`${signal}: finishing what is at hand (again to leave at once)`),
  );
  try {
    const credit = isModelName(options.model) ? models[options.model].credit : model.metadata.credit;
    const service = createService(completer, {
      ...options,
      ...access,
      template: templateOf(options),
      pictureProcesses: PICTURE_PROCESSES,
      defaults: { ...searchOptions(options), blend: options.blend },
      page: access.token === undefined ? await pageFiles({ model: modelFile(options.model), credit }) : new Map(),
      probesApart: options.probePort !== undefined,
      onError: (error) => reporter.warn(error instanceof Error ? error.message : String(error)),
    });
    const probes = options.probePort === undefined ? undefined : createServer(service.probes);
    try {
      const port = await listen(service.server, options.port, options.host);
      const probePort = probes && (await listen(probes, options.probePort!, options.host, "--probe-port"));
      const host = options.host.includes(":") ? `[${options.host}]` : options.host;
      const { size } = model.config;
      reporter.say(`http://${host}:${port} completes ${size}×${size} on ${backend.description}`);
      reporter.emit({
        ...{ t: "listening", host: options.host, port, backend: backend.description },
        ...(probePort === undefined ? {} : { probePort }),
      });
      if (!interrupt.signal.aborted) await once(interrupt.signal, "abort");
    } finally {
      await service.close();
      probes?.close();
      probes?.closeAllConnections();
    }
    reporter.emit({ t: "end" });
  } finally {
    interrupt.release();
    await completer.destroy();
    backend.destroy();
  }
}

/** The fields of a request, for help. */
function fieldLines(): string {
  return FIELDS.flatMap((name) => {
    const [first, ...rest] = wrapped(describe(name), 90);
    return [`                      ${name.padEnd(12)}${first}`, ...rest.map((line) => `${" ".repeat(34)}${line}`)];
  }).join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1)!.length + word.length >= width) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trimStart());
  }
  return lines;
}
