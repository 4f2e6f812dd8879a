/** How every command ends, the same for all verbs. */
export const exitCodes = {
  ok: 0,
  /** The run failed for a reason none of the others names. */
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** No usable GPU adapter. */
  noAdapter: 3,
  /** A data set is missing, empty or unreadable. */
  dataSet: 4,
  /** A checkpoint or model file is unreadable or does not match. */
  checkpoint: 5,
  /** Training left the finite numbers. */
  diverged: 6,
  /** Ended by Ctrl-C or SIGTERM, after a checkpoint. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with one clear line, which names the input and the remedy, and an exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
