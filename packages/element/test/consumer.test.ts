/**
 * A project of somebody else: the package from its tarball, React, Vite; type-checked by each TypeScript that is about, built,
 * and opened in a browser under a strict policy. The tarball is all that is installed; React is that of the workspace.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { workspace, writeEverything } from "./everything.js";
import type { Site } from "./site.js";
import { createProject, run, serveProject } from "./tarball.js";

const require = createRequire(import.meta.url);

const REACT = ["react", "react-dom", "@types/react", "@types/react-dom"];
const FILES = {
  "index.html": `<!doctype html><html lang="en"><title>Consumer</title><div id="root"></div>
<script type="module" src="./main.tsx"></script></html>`,
  "main.tsx": `import { STRINGS } from "@kintsugi/element";
import { ImageCompleter } from "@kintsugi/element/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

// As the README has it, without React.
document.querySelector("image-completer")?.addEventListener("ic-complete", ({ detail }) => console.log(detail.chosen));
// @ts-expect-error A seed is a number.
export const wrong = <ImageCompleter seed="3" />;

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
  let folder: string;
  let site: Site;

  beforeAll(async () => {
    folder = await createProject(FILES, REACT);
    site = await serveProject(folder);
  });
  afterAll(async () => {
    await site?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it("installs nothing else", () => {
    expect(readdirSync(join(folder, "node_modules/@kintsugi"))).toEqual(["element"]);
  });

  // Not all with all: what the newest does in one second takes the older ones eight.
  it.each([
    ["typescript-5", "node16", ["main.tsx", "all/everything.ts"]],
    ["typescript-6", "bundler", ["main.tsx", "all/everything.ts"]],
    ["typescript", "node16", ["main.tsx", "all/everything.ts"]],
    ["typescript", "bundler", ["main.tsx"]],
  ])("has types for %s with modules as in %s: %j", async (compiler, moduleResolution, files) => {
    const all = files.length > 1;
    const compilerOptions = {
      ...{ target: "ES2022", lib: ["ES2022", "DOM", "DOM.Iterable"], jsx: "react-jsx", noEmit: true },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
      ...{ module: moduleResolution === "bundler" ? "ESNext" : "Node16", moduleResolution },
      ...{ typeRoots: [join(workspace, "node_modules/@types")], types: all ? ["node"] : [] },
    };
    if (all && !existsSync(join(folder, "all"))) writeEverything(join(folder, "all"));
    const config = join(folder, `${compiler}.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const binary = join(dirname(require.resolve(`${compiler}/package.json`)), "bin/tsc");
    await run(process.execPath, [binary, "-p", config]).catch(({ stdout }) => expect.fail(stdout));
  });

  it("ships every module that its manifest of custom elements names", () => {
    const home = join(folder, "node_modules/@kintsugi/element");
    const { customElements } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
      customElements: string;
    };
    const manifest = readFileSync(join(home, customElements), "utf8");
    const named = [...manifest.matchAll(/"(?:path|module)": "(.*?)"/g)].map(([, path]) => path!);
    expect(named).toContain("dist/element.js");
    for (const path of named) expect(existsSync(join(home, path)), path).toBe(true);
  });

  it.each([
    ["GPU", true],
    ["processor", false],
  ])("completes on the %s", async (_, webgpu) => {
    Object.assign(site, { wasm: !webgpu });
    const browser = await launch({ webgpu });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(120_000);
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
