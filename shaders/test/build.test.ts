import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Device, openNodeDevice } from "../../packages/gpu/src/node.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const wgsl = [folder, join(folder, "shared")].flatMap((place) =>
  readdirSync(place)
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => [join(place, file).slice(folder.length), readFileSync(join(place, file), "utf8")] as const),
);

interface Shader {
  readonly name: string;
  readonly code: string;
  readonly bindings: Readonly<Record<string, { readonly index: number; readonly type: string }>>;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly sizes: Readonly<Record<string, number>>;
}

type Module = Readonly<Record<string, Shader | Readonly<Record<string, Shader>>>>;

const isShader = (made: Module[string]): made is Shader => typeof made.code === "string";
const all = (module: Module): Shader[] =>
  Object.values(module).flatMap((made) => (isShader(made) ? [made] : Object.values(made)));

// Files are built in a folder of their own: the script works on the folder that it lies in.
const folders: string[] = [];
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

async function build(files: Readonly<Record<string, string>>): Promise<{ module: Module; types: string }> {
  const place = mkdtempSync(join(tmpdir(), "kintsugi-shaders-"));
  folders.push(place);
  mkdirSync(join(place, "shared"));
  copyFileSync(join(folder, "build.mjs"), join(place, "build.mjs"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text);
  execFileSync(process.execPath, [join(place, "build.mjs")], { stdio: "pipe" });
  const types = readFileSync(join(place, "dist/index.d.ts"), "utf8");
  return { module: (await import(join(place, "dist/index.js"))) as Module, types };
}

const MAIN = "@compute @workgroup_size(1)\nfn main() {}\n";

describe("the generated module", () => {
  test("appends each import once, wherever it is asked for", async () => {
    const { module } = await build({
      "two_words.wgsl": `// @import shared/a.wgsl\n// @import shared/b.wgsl\n${MAIN}`,
      "shared/a.wgsl": "// @import shared/b.wgsl\nfn a() {}\n",
      "shared/b.wgsl": "fn b() {}\n",
    });
    const { name, code } = module.twoWords as Shader;
    expect(name).toBe("two_words");
    expect(code).toBe(`${MAIN}\nfn a() {}\n\nfn b() {}\n`);
  });

  test("a star makes a variant of each file that matches", async () => {
    const { module, types } = await build({
      "k.wgsl": `// @import shared/core_*.wgsl\n${MAIN}`,
      "shared/core_a.wgsl": "const SIDE = 8u;\n",
      "shared/core_b2.wgsl": "const SIDE = 16u;\noverride DEPTH: u32;\n",
      "shared/other.wgsl": "fn other() {}\n",
    });
    const variants = module.k as Readonly<Record<string, Shader>>;
    expect(Object.keys(variants)).toEqual(["a", "b2"]);
    expect(variants.a).toMatchObject({ name: "k_a", sizes: { SIDE: 8 }, required: [] });
    expect(variants.b2).toMatchObject({ name: "k_b2", sizes: { SIDE: 16 }, required: ["DEPTH"] });
    expect(variants.a!.code).not.toContain("DEPTH");
    expect(types).toContain('readonly "b2": Shader<never, "DEPTH", never, "SIDE">;');
  });

  test("finds bindings, constants and their kinds", async () => {
    const { module, types } = await build({
      "k.wgsl": `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> rate: vec4f;
override SIZE: u32;
override SLOPE: f32 = 1.0;
override FLAG = false;
const TILE: u32 = 64u;
const HALF = 0.5;
${MAIN}`,
    });
    expect(module.k).toMatchObject({
      bindings: {
        x: { index: 0, type: "read-only-storage" },
        z: { index: 1, type: "read-only-storage" },
        y: { index: 2, type: "storage" },
        rate: { index: 3, type: "uniform" },
      },
      required: ["SIZE"],
      optional: ["SLOPE", "FLAG"],
      sizes: { TILE: 64 },
    });
    expect(types).toContain(
      'export declare const k: Shader<"x" | "z" | "y" | "rate", "SIZE", "SLOPE" | "FLAG", "TILE">;',
    );
  });

  const X = "@group(0) @binding(0) var<storage, read> x: array<f32>;\n";
  test.each([
    ["k declares the binding x twice", { "k.wgsl": X + X.replace("(0) var", "(1) var") + MAIN }],
    ["k declares the binding number 0 twice, for x and y", { "k.wgsl": X + X.replace("x:", "y:") + MAIN }],
    ["k.wgsl imports shared/a.wgsl, which does not exist", { "k.wgsl": `// @import shared/a.wgsl\n${MAIN}` }],
    ["k.wgsl imports shared/a_*.wgsl, which matches no file", { "k.wgsl": `// @import shared/a_*.wgsl\n${MAIN}` }],
    ["k has no entry point main", { "k.wgsl": "fn main() {}\n" }],
  ])("refuses: %s", async (message, files) => {
    await expect(build(files)).rejects.toThrow(`shaders: ${message}`);
  });
});

describe("the shaders of this folder", async () => {
  const module = (await import("@kintsugi/shaders")) as unknown as Module;
  const shaders = all(module);
  let device: Device;
  beforeAll(async () => {
    // Dawn's null adapter checks WGSL as others do, and has all features, those of rare hardware too.
    device = await openNodeDevice(["backend=null"], ["shader-f16", "chromium-experimental-subgroup-matrix"]);
  });
  afterAll(() => device.destroy());

  test("read as the README shows", () => {
    const scale = module.scale as Shader;
    expect(scale.code).toContain("FACTOR * x[quad]");
    expect(scale.bindings).toEqual({ x: { index: 0, type: "read-only-storage" }, y: { index: 1, type: "storage" } });
    expect(scale.required).toEqual(["SIZE", "FACTOR"]);
    expect(Object.keys(module.matmul!)).toEqual(expect.arrayContaining(["direct", "64x64"]));
  });

  test("are all in the module", () => {
    const stems = wgsl.map(([file]) => file).filter((file) => !file.startsWith("shared/"));
    expect(Object.keys(module)).toHaveLength(stems.length);
    expect(shaders.length).toBeGreaterThanOrEqual(stems.length);
  });

  test.each(shaders.map((shader) => [shader.name, shader] as const))(
    "%s compiles without a message",
    async (_, shader) => {
      const { messages } = await device.guard(shader.name, () =>
        device.handle.createShaderModule({ label: shader.name, code: shader.code }).getCompilationInfo(),
      );
      expect(messages.map(({ lineNum, message }) => `${lineNum}: ${message}`)).toEqual([]);
    },
  );

  test.each(shaders.map((shader) => [shader.name, shader] as const))(
    "every declaration of %s was found",
    (_, shader) => {
      const count = (pattern: RegExp) => [...shader.code.matchAll(pattern)].length;
      expect(Object.keys(shader.bindings)).toHaveLength(count(/@binding\(/g));
      expect(shader.required.length + shader.optional.length).toBe(count(/\boverride\s/g));
      const indices = Object.values(shader.bindings).map(({ index }) => index);
      expect(indices.sort((a, b) => a - b)).toEqual(indices.map((_, i) => i));
      // WebGPU's default limit.
      expect(indices.length).toBeLessThanOrEqual(8);
    },
  );

  test.each(wgsl)("%s is WGSL as it stands: a header, one screen, no template", (_, text) => {
    expect(text).toMatch(/^\/\/ \S/);
    expect(text).not.toContain("${");
    expect(text).not.toMatch(/^#/m);
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(120);
  });
});
