/** What the system says about a file, in plain words: the file, what was attempted, the remedy, and how a command should end. */

/** What was done with a file when it failed. */
export type Attempt = "read" | "write" | "remove";

/** `usage`: another path is the remedy. `failed`: the machine is. */
export type Ending = "usage" | "failed";

interface Explanation {
  readonly reason: string;
  readonly ending: Ending;
}

const READING: Readonly<Record<string, Explanation>> = {
  ENOENT: { reason: "there is no such file; check the path", ending: "usage" },
  EISDIR: { reason: "it is a folder; name a file in it", ending: "usage" },
  ENOTDIR: { reason: "a part of its path is a file, not a folder; check the path", ending: "usage" },
  EACCES: { reason: "no permission to read it; check its permissions", ending: "failed" },
  EPERM: { reason: "no permission to read it; check its permissions", ending: "failed" },
};

const WRITING: Readonly<Record<string, Explanation>> = {
  ENOENT: { reason: "its folder does not exist; make the folder first, or check the path", ending: "usage" },
  EISDIR: { reason: "a folder has that name; choose another name", ending: "usage" },
  ENOTDIR: { reason: "a part of its path is a file, not a folder; choose another path", ending: "usage" },
  EEXIST: { reason: "something has that name already; choose another name", ending: "usage" },
  ENOTEMPTY: { reason: "a folder has that name; choose another name", ending: "usage" },
  EACCES: { reason: "no permission to write there; check the permissions of its folder", ending: "failed" },
  EPERM: { reason: "no permission to write there; check the permissions of its folder", ending: "failed" },
  EROFS: { reason: "that disk can only be read; choose a path on another", ending: "failed" },
  ENOSPC: { reason: "the disk is full; free some space, then run this again", ending: "failed" },
  EDQUOT: { reason: "your quota on that disk is used up; free some space, then run this again", ending: "failed" },
  EFBIG: { reason: "the disk takes no file this large; choose a path on another", ending: "failed" },
  EBUSY: { reason: "another program holds it; close that program first", ending: "failed" },
};

const BOTH: Readonly<Record<string, Explanation>> = {
  ENAMETOOLONG: { reason: "the name is too long for this disk; choose a shorter one", ending: "usage" },
  ELOOP: { reason: "links in its path lead back to themselves; check the path", ending: "usage" },
  EIO: { reason: "the disk reports an error; check the disk", ending: "failed" },
  EMFILE: { reason: "too many files are open; raise the limit (ulimit -n)", ending: "failed" },
  ENFILE: { reason: "too many files are open; close other programs", ending: "failed" },
  ENOMEM: { reason: "there is not enough memory; close other programs", ending: "failed" },
  ENODEV: { reason: "its disk is gone; connect it again", ending: "failed" },
  ENXIO: { reason: "its disk is gone; connect it again", ending: "failed" },
  ESTALE: { reason: "its disk is gone; connect it again", ending: "failed" },
  EPIPE: { reason: "the reader went away", ending: "failed" },
  ERR_FS_FILE_TOO_LARGE: { reason: "it is larger than 2 GiB, which is not read here", ending: "usage" },
  ERR_INVALID_ARG_VALUE: {
    reason: "the path has characters that no file name may have; check the path",
    ending: "usage",
  },
};

/** Whether an error comes from the system, through Node's file functions. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return false;
  return code in BOTH || (typeof syscall === "string" && /^E[A-Z0-9]+$/.test(code));
}

/** Why a file could not be read or written, and the remedy, without the file's name: for messages that have it already. */
export function reasonOf(error: unknown, attempt: Attempt): string {
  return explain(error, attempt).reason;
}

function explain(error: unknown, attempt: Attempt): Explanation {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const own = attempt === "read" ? READING : WRITING;
  return own[code] ?? BOTH[code] ?? { reason: code === "" ? message : `the system says ${code}`, ending: "failed" };
}

/** A file that cannot be read or written: its message names the file, what was attempted, and the remedy. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** The system's name for what went wrong, such as ENOSPC. */
  readonly code: string;
  readonly ending: Ending;

  constructor(
    readonly path: string,
    readonly attempt: Attempt,
    cause: unknown,
  ) {
    const { reason, ending } = explain(cause, attempt);
    super(`cannot ${attempt} ${path}: ${reason}`, { cause });
    this.code = (cause as NodeJS.ErrnoException).code ?? "";
    this.ending = ending;
  }
}

/** System calls that only look. `open` does both: what went wrong tells. */
const LOOKING = new Set(["read", "stat", "lstat", "fstat", "scandir", "opendir", "access", "readlink", "realpath"]);

/** An error of the system that nobody has put into words yet, as a `FileError`; every other error as it is. */
export function inWords(error: unknown): unknown {
  if (error instanceof FileError || !isSystemError(error)) return error;
  const { path, code, syscall = "" } = error;
  // Without a file it is about a socket or a process.
  if (path === undefined) return error;
  const dest = (error as { readonly dest?: string }).dest;
  const attempt = LOOKING.has(syscall) || (syscall === "open" && code in READING) ? "read" : "write";
  return new FileError(dest ?? path, attempt, error);
}
