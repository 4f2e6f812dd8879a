/** Set-up's few lines on stderr, and the child processes behind them: quiet when they work, their log's end when not. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { logs, root } from "./paths.mjs";

const SHOWN_LOG_LINES = 40;

/** Ends set-up with one clear message and an exit code (3 = no usable adapter). */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = "SetupError";
    this.exitCode = exitCode;
  }
}

/** One line of progress on stderr. */
export function say(line) {
  console.error(`setup: ${line}`);
}

/** Says what is being done, does it, and says how long it took. */
export async function step(what, work) {
  const start = performance.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Runs a program without stdin, its output in `.tools/logs/NAME.log`; resolves to its exit code and that log. */
export function runLogged(name, command, args, { env, cwd = root } = {}) {
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${name}.log`);
  const file = openSync(log, "w");
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", file, file] });
    const end = (code) => {
      closeSync(file);
      resolve({ code, log });
    };
    child.once("error", () => end(127));
    child.once("close", (code) => end(code ?? 1));
  });
}

/** Like `runLogged`, but a failure ends set-up with `failure`, the end of the log, and where the whole of it lies. */
export async function runOrFail(name, failure, command, args, options) {
  const { code, log } = await runLogged(name, command, args, options);
  if (code !== 0) throw new SetupError(`${logEnd(log)}\n${failure} (exit code ${code}; whole log: ${log})`);
}

/** The last lines of a log. */
export function logEnd(log) {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-SHOWN_LOG_LINES).join("\n");
}

/** Runs a program in the foreground with our own streams; resolves to its exit code. Ctrl-C is left to the program. */
export function runForeground(command, args, { env } = {}) {
  // The terminal sends SIGINT to the whole group: the program answers it (checkpoint, exit 130) and we wait for it.
  const wait = () => {};
  const forward = () => child.kill("SIGTERM");
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
  process.on("SIGINT", wait);
  process.on("SIGTERM", forward);
  return new Promise((resolve) => {
    const end = (code) => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", forward);
      resolve(code);
    };
    child.once("error", () => end(127));
    child.once("close", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** What a short program prints, or undefined where it is missing, fails or takes longer than `timeout` ms. */
export function output(command, args, { env, cwd = root, timeout = 10_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
    // Not spawn's own timeout: where the program is missing, that would keep us alive until it is over.
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout).unref();
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? text.trim() : undefined);
    });
  });
}
