/**
 * What a command says while it works: results as JSON lines on stdout, everything for people on stderr. Knows whether
 * stderr is a terminal; knows nothing of what is reported.
 */
import { type Progress, type ProgressOptions, startProgress } from "./progress.js";
import { type Output, painter, wantsColor } from "./text.js";

export interface ReporterOptions {
  /** One JSON object a line on stdout. */
  readonly json?: boolean;
  /** No progress and no remarks; warnings stay. */
  readonly quiet?: boolean;
  /** False for `--no-color`; NO_COLOR and a stderr that is no terminal switch colour off as well. */
  readonly color?: boolean;
  /** Where stderr is no terminal: seconds between two lines of progress, 10 by default. */
  readonly everySeconds?: number;
  readonly stdout?: Output;
  readonly stderr?: Output;
}

export interface Reporter {
  /** Whether `emit` prints: spares the making of objects nobody reads. */
  readonly json: boolean;
  /** Prints one JSON object as a line on stdout under `--json`, else nothing. Numbers that JSON lacks become null. */
  emit(object: object): void;
  /** A remark on stderr, above a running progress bar. */
  say(line: string): void;
  /** Like `say`, with "warning:" before it, and under `--quiet` too. */
  warn(line: string): void;
  /** Starts the progress of some steps; one at a time. */
  progress(options: ProgressOptions): Progress;
}

/** The reporter of one command. */
export function createReporter(options: ReporterOptions = {}): Reporter {
  const { json = false, quiet = false, stdout = process.stdout, stderr = process.stderr, everySeconds = 10 } = options;
  const { yellow } = painter(wantsColor(stderr, options.color ?? true));
  let running: Progress | undefined;
  const write = (line: string) => {
    running?.above(line);
    if (running === undefined) stderr.write(`${line}\n`);
  };
  return {
    json,
    emit(object) {
      if (json) stdout.write(`${JSON.stringify(object)}\n`);
    },
    say(line) {
      if (!quiet) write(line);
    },
    warn(line) {
      write(`${yellow("warning:")} ${line}`);
    },
    progress(wanted) {
      running?.stop();
      const progress = startProgress(wanted, { stderr, quiet, everySeconds });
      running = progress;
      return {
        ...progress,
        stop() {
          progress.stop();
          if (running === progress) running = undefined;
        },
      };
    },
  };
}
