/**
 * What is published, installed as a user would into an empty folder, by npm and by pnpm, where no host but npm's registry can
 * be reached: it completes a picture and trains, with and without the machine code of ONNX Runtime, and weighs what we say.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../paths.mjs";
import { findPnpm, npmCommand } from "../pnpm.mjs";
import { packAll } from "../release/pack.mjs";
import { serveProxy, serveTarballs } from "./registry.mjs";

/** What docs/install.md promises, in MB. */
const HEAVIEST = 250;
/** For packing and for downloads of 100 MB, in ms. */
const PATIENCE = 900_000;
/** The machine code of ONNX Runtime for this system; there is none for Macs with Intel's processors, for instance. */
const NATIVE = `@kintsugi/onnxruntime-${process.platform}-${process.arch}`;

const run = promisify(execFile);
const npm = npmCommand(process.env);
const asked = [...npm.args, "config", "get", "registry"];
const registry = execFileSync(npm.command, asked, { cwd: tmpdir(), encoding: "utf8" }).trim();
const network = await fetch(new URL("onnxruntime-common", registry), {
  method: "HEAD",
  signal: AbortSignal.timeout(20_000),
})
  .then(({ ok }) => ok)
  .catch(() => false);
if (!network) console.log("install.test: skipped, since npm's registry cannot be reached from here");

describe.skipIf(!network)("the packed packages", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-install-"));
  /** @type {import("../release/pack.mjs").Packed[]} */
  let packed;
  let tarballs;
  let proxy;
  let pnpm;

  beforeAll(async () => {
    pnpm = await findPnpm(process.env);
    packed = await packAll(join(folder, "packed"), { ...process.env, PATH: pnpm.path });
    tarballs = await serveTarballs(packed);
    proxy = await serveProxy(new URL(registry).hostname);
  }, PATIENCE);
  afterAll(async () => {
    await proxy?.close();
    await tarballs?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An environment in which every client goes through the proxy, but for this machine itself. */
  const environment = () => {
    const names = [
      "http_proxy",
      "https_proxy",
      "HTTP_PROXY",
      "HTTPS_PROXY",
      "GLOBAL_AGENT_HTTP_PROXY",
      "GLOBAL_AGENT_HTTPS_PROXY",
    ];
    const proxies = Object.fromEntries(names.map((name) => [name, proxy.url]));
    const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
    return { ...Object.fromEntries(own), ...proxies, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1", PATH: pnpm.path };
  };

  const install = async (name, { command, args }, verb) => {
    const home = join(folder, name);
    mkdirSync(home);
    writeFileSync(join(home, "package.json"), '{ "name": "someone", "private": true, "type": "module" }\n');
    writeFileSync(join(home, ".npmrc"), `@kintsugi:registry=${tarballs.url}/\n`);
    const own = packed.find(({ manifest }) => manifest.name === "kintsugi").path;
    await run(command, [...args, verb, own], { cwd: home, env: environment() });
    return home;
  };

  /** Runs the command that was installed. */
  const kintsugi = (home, ...words) => {
    const command = [join(home, "node_modules/kintsugi/bin/kintsugi.js"), ...words];
    return run(process.execPath, command, { cwd: home, env: environment() });
  };

  const complete = async (home, out) => {
    const words = ["--model", "toy-64", "--mask", "center", "--iterations", "2", "--starts", "4", "--device", "cpu"];
    await kintsugi(home, "complete", ...words, "--out", out, "picture.png");
    expect(existsSync(join(home, out, "picture.completed.png"))).toBe(true);
  };

  /** The folders in which a package of ONNX Runtime for this system lies, in npm's tree or pnpm's. */
  const nativeRuntimes = (home) =>
    readdirSync(join(home, "node_modules"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(join(...NATIVE.split("/"))))
      .map((path) => join(home, "node_modules", path));

  const managers = [
    ["npm", () => install("npm", npm, "install")],
    ["pnpm", () => install("pnpm", pnpm, "add")],
  ];

  it.each(managers)(
    "%s: complete a picture and train, with and without machine code",
    async (manager, installed) => {
      const home = await installed();
      expect(proxy.refused).toEqual([]);
      if (manager === "npm") expect(megabytes(join(home, "node_modules"))).toBeLessThan(HEAVIEST);
      copyFileSync(join(root, "setup/test/picture.png"), join(home, "picture.png"));

      await complete(home, "completed");
      const small = ["--size", "16", "--nz", "4", "--ngf", "4", "--ndf", "4", "--batch", "4", "--steps", "2"];
      await kintsugi(home, "train", "--data", "toy", ...small, "--device", "cpu", "--out", "run");
      expect(existsSync(join(home, "run/model.safetensors"))).toBe(true);

      const runtimes = nativeRuntimes(home);
      expect(runtimes.length > 0).toBe(packed.some(({ manifest }) => manifest.name === NATIVE));
      for (const path of runtimes) rmSync(path, { recursive: true });
      await complete(home, "completed-by-wasm");
      expect(proxy.refused).toEqual([]);
    },
    PATIENCE,
  );
});

/** What the files of a folder weigh. */
function megabytes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return (
    files.reduce((sum, { parentPath, path, name }) => sum + statSync(join(parentPath ?? path, name)).size, 0) / 1e6
  );
}
