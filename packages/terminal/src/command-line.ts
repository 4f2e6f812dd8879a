/**
 * Runs a commander program from end to end: usage errors, errors of the work, and a reader that went away each end in
 * one line on stderr at most, and in the documented exit code. Knows no verb.
 */
import { FileError, inWords } from "@kintsugi/files";
import { type Command, CommanderError } from "commander";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.js";
import { quietBrokenPipe } from "./interrupt.js";
import { stopRunningBars } from "./progress.js";
import { oneLine, painter, screenLine, wantsColor } from "./text.js";

/** Which exit code an error ends in, by its class's `name`; it spares this room an import of every other. */
export type ErrorCodes = Readonly<Record<string, ExitCode>>;

const abortCodes: ErrorCodes = { AbortError: exitCodes.interrupted };

/**
 * Parses and runs.
 * @param program the root command; its sub-commands' actions may be asynchronous
 * @param argv as `process.argv`: interpreter and script first
 * @param errorCodes exit codes of error classes by name, e.g. `{ NoAdapterError: exitCodes.noAdapter }`; subclasses count
 * @returns the exit code, which is also set as `process.exitCode`: nothing is cut off that is still being written
 */
export async function runCommandLine(
  program: Command,
  argv: readonly string[],
  errorCodes: ErrorCodes = {},
): Promise<ExitCode> {
  quietBrokenPipe(process.stdout);
  quietBrokenPipe(process.stderr);
  let failing = program;
  for (const command of withDescendants(program)) {
    command.exitOverride().configureOutput({
      // Commander reports before it throws: here we only remember which command it was.
      outputError: () => {
        failing = command;
      },
    });
  }
  let code: ExitCode;
  try {
    await program.parseAsync(argv);
    code = exitCodes.ok;
  } catch (error) {
    stopRunningBars(); // before the error, which would be drawn over
    code = report(inWords(error), failing, argv, { ...abortCodes, ...errorCodes });
  }
  stopRunningBars();
  process.exitCode = code;
  return code;
}

function report(error: unknown, command: Command, argv: readonly string[], codes: ErrorCodes): ExitCode {
  const red = painter(wantsColor(process.stderr, !argv.includes("--no-color"))).red;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok; // --help and --version
    // A command without its verb has just printed its help.
    if (error.code !== "commander.help") {
      const message = oneLine(error.message.replace(/^error: /, "")).replace(/\.$/, "");
      process.stderr.write(`${red("error:")} ${screenLine(message)}; see ${fullName(command)} --help\n`);
    }
    return exitCodes.usage;
  }
  const verbose = argv.includes("--verbose") || Boolean(process.env.DEBUG);
  const code = exitCodeOf(error, codes);
  // Ctrl-C is how a run may be ended: no error.
  process.stderr.write(`${code === exitCodes.interrupted ? "" : `${red("error:")} `}${describe(error)}\n`);
  if (verbose && error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return code;
}

function exitCodeOf(error: unknown, codes: ErrorCodes): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof FileError) return error.ending === "usage" ? exitCodes.usage : exitCodes.failed;
  if (!(error instanceof Error)) return exitCodes.failed;
  for (const name of [error.name, ...classNames(error)]) {
    const code = Object.hasOwn(codes, name) ? codes[name] : undefined;
    if (code !== undefined) return code;
  }
  return exitCodes.failed;
}

function classNames(error: Error): string[] {
  const names: string[] = [];
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype instanceof Error || prototype === Error.prototype) {
    names.push((prototype as Error).constructor.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return screenLine(oneLine(String(error)));
  const known = error instanceof CommandError || error.message !== "";
  return screenLine(oneLine(known ? error.message : error.name));
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
