/**
 * A project of somebody else: the package from its tarball, React, Vite; type-checked, built, and opened in a browser under a
 * strict policy. The tarball is all that is installed; React is that of the workspace.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { openSite, type Site } from "./site.js";

const run = promisify(execFile);
const home = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const FILES = {
  "package.json": JSON.stringify({ name: "consumer", private: true, type: "module" }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2022",
      lib: ["ES2022", "DOM"],
      module: "ESNext",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: [],
    },
    include: ["main.tsx"],
  }),
  "index.html": `<!doctype html><html lang="en"><title>Consumer</title><div id="root"></div>
<script type="module" src="./main.tsx"></script></html>`,
  "main.tsx": `import { STRINGS } from "@kintsugi/element";
import { ImageCompleter } from "@kintsugi/element/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const strings = { complete: "Mend", paint: STRINGS.paint };

function App() {
  const [best, setBest] = useState<number>();
  const [seed, setSeed] = useState<number | undefined>(3);
  return (
    <main>
      <h1>{best === undefined ? "Nothing yet" : \`Answer \${best}\`}</h1>
      <button onClick={() => setSeed(undefined)}>Forget the seed</button>
      <ImageCompleter
        src="/face.png"
        model="/toy-16.safetensors"
        iterations={5}
        candidates={2}
        seed={seed}
        className="completer"
        strings={strings}
        ref={(element) => console.log(element?.seed)}
        onComplete={({ detail }) => setBest(detail.chosen)}
      />
    </main>
  );
}

createRoot(document.querySelector("#root")!).render(<App />);
`,
};

describe.skipIf(!hasChromium)("a project made from the tarball", () => {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  let site: Site;

  beforeAll(async () => {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    const quiet = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", ["pack", "--pack-destination", folder, ...quiet], { cwd: home });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
    await run("npm", ["install", `./${tarball}`, ...quiet], { cwd: folder });
    mkdirSync(join(folder, "node_modules/@types"));
    for (const name of ["react", "react-dom", "@types/react", "@types/react-dom"]) {
      symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(folder, "node_modules", name), "junction");
    }
    await build({ root: folder, base: "/app/", logLevel: "error", build: { assetsInlineLimit: 0 } });
    const built = join(folder, "dist");
    const names = (readdirSync(built, { recursive: true }) as string[]).filter((name) => /\.\w+$/.test(name));
    site = await openSite(Object.fromEntries(names.map((name) => [`/app/${name}`, readFileSync(join(built, name))])));
  });
  afterAll(async () => {
    await site?.close();
    rmSync(folder, { recursive: true });
  });

  it("installs nothing else, and has types", async () => {
    expect(readdirSync(join(folder, "node_modules/@kintsugi"))).toEqual(["element"]);
    await run(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", folder]);
  });

  it.each([
    ["GPU", true],
    ["processor", false],
  ])("completes on the %s", async (_, webgpu) => {
    Object.assign(site, { wasm: !webgpu });
    const browser = await launch({ webgpu });
    try {
      const page = await browser.newPage();
      const seeds: string[] = [];
      page.on("console", (message) => seeds.push(message.text()));
      page.on("pageerror", (error) => expect.fail(error.message));
      await page.goto(`${site.url}/app/index.html`);
      await page.getByRole("heading", { name: "Nothing yet" }).waitFor();
      await page.getByRole("status").filter({ hasText: STRINGS.paint }).waitFor();
      await page.getByRole("button", { name: STRINGS.invert }).click();
      await page.getByRole("button", { name: "Mend" }).click();
      await page.getByRole("heading", { name: /Answer [01]/ }).waitFor();
      expect(await page.locator("image-completer.completer").getAttribute("seed")).toBe("3");
      await page.getByRole("button", { name: "Forget the seed" }).click();
      expect(await page.locator("image-completer").getAttribute("seed")).toBeNull();
      expect(seeds).toContain("3");
    } finally {
      await browser.close();
    }
  });
});
