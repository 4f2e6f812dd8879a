/** A CSV file that grows by whole lines, and can be taken up again after a crash. */
import { readFileSync } from "node:fs";
import { FileError, openGrowing } from "@kintsugi/files";
import { CommandError, exitCodes } from "./exit-codes.js";

export type CsvValue = number | string;

export interface CsvOptions {
  /** Keeps an earlier file with the same columns and adds to it; otherwise it is replaced. */
  readonly append?: boolean;
  /** Rows that may wait in memory; 1 by default, so that every row is at once in the file. */
  readonly flushEvery?: number;
}

export interface Csv<Column extends string> {
  /** Adds a row. Losses are rare enough for synchronous writing, which also holds in a signal handler. */
  row(values: Readonly<Record<Column, CsvValue>>): void;
  /** Writes the rows that wait. */
  flush(): void;
  /** Writes the rows that wait and closes the file. */
  close(): void;
}

/**
 * Opens a CSV file (RFC 4180 quoting, `\n` line ends) and writes the header.
 * @throws CommandError (usage) where `append` meets a file with other columns; FileError
 */
export function createCsv<const Column extends string>(
  path: string,
  columns: readonly Column[],
  { append = false, flushEvery = 1 }: CsvOptions = {},
): Csv<Column> {
  const header = `${columns.map(quote).join(",")}\n`;
  const kept = append ? wholeLines(path) : undefined;
  if (kept !== undefined && kept.text !== "" && !kept.text.startsWith(header)) {
    throw new CommandError(
      `${path} has other columns than ${columns.join(", ")}: move it away or choose another --out`,
      exitCodes.usage,
    );
  }
  // A run that was killed may have left half a line.
  const file = openGrowing(path, kept === undefined ? "w" : "a", kept?.bytes);
  let waiting = kept === undefined || kept.text === "" ? header : "";
  let rows = 0;
  const flush = () => {
    file.add(Buffer.from(waiting));
    waiting = "";
    rows = 0;
  };
  flush();
  return {
    row(values) {
      waiting += `${columns.map((column) => quote(values[column])).join(",")}\n`;
      rows += 1;
      if (rows >= flushEvery) flush();
    },
    flush,
    close() {
      flush();
      file.close();
    },
  };
}

function wholeLines(path: string): { text: string; bytes: number } | undefined {
  try {
    const content = readFileSync(path);
    const bytes = content.lastIndexOf(0x0a) + 1;
    return { text: content.toString("utf8", 0, bytes), bytes };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FileError(path, "read", error);
  }
}

function quote(value: CsvValue): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
