/**
 * The one entry of the root scripts: sets the checkout up, then runs a verb.
 *
 *     node setup/run.mjs [VERB] [--skip-driver] [arguments of the verb…]
 *
 * Plain modules without dependencies, because it runs before anything is installed; imports are dynamic so that an old
 * Node gets as far as the version check.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
// Vite, under the tests, needs require(esm): Node 20.19 has it, Node 22 only since 22.12, Node 21 never.
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

if (!supported) {
  console.error(
    `Kintsugi needs Node 20.19 or newer (of Node 22: 22.12 or newer); this is Node ${process.versions.node}.`,
  );
  process.exit(1);
}

/**
 * What each verb runs, and what it needs beside the dependencies. By default everything is built and nothing more: `check`
 * and the pages need no adapter, and the demo has a CPU back end to fall back on.
 */
const verbs = {
  bench: { run: async () => (await import("./bench.mjs")).bench, driver: true },
  "bench:web": { run: async () => (await import("./bench.mjs")).benchWeb },
  build: { run: async () => (await import("./build.mjs")).build, build: false },
  "build:site": { run: async () => (await import("./build.mjs")).buildSite },
  check: { run: async () => (await import("./test.mjs")).check },
  demo: { run: async () => (await import("./demo.mjs")).demo },
  dev: { run: async () => (await import("./build.mjs")).dev },
  format: { run: async () => (await import("./build.mjs")).format, build: false },
  pack: { run: async () => (await import("./release/pack.mjs")).packVerb },
  release: { run: async () => (await import("./release/release.mjs")).release },
  test: { run: async () => (await import("./test.mjs")).test, driver: true, testPrograms: true },
  "test:all": { run: async () => (await import("./test_all.mjs")).testAll, driver: true, testPrograms: true },
  tune: { run: async () => (await import("./bench.mjs")).tune, driver: true },
};
const [verb, ...rest] = process.argv.slice(2);

if (verb !== undefined && !Object.hasOwn(verbs, verb)) {
  console.error(`setup: unknown verb "${verb}"; it is one of ${Object.keys(verbs).join(", ")}.`);
  process.exit(2);
}

const { SetupError } = await import("./progress.mjs");
try {
  const { prepare } = await import("./prepare.mjs");
  const { run, build = true, driver = false, testPrograms = false } = verbs[verb] ?? { driver: true };
  const skipDriver = !driver || rest.includes("--skip-driver") || process.env.KINTSUGI_SKIP_DRIVER === "1";
  const environment = await prepare({ build, skipDriver, testPrograms });
  if (run !== undefined) {
    const start = await run();
    process.exitCode = await start(
      rest.filter((argument) => argument !== "--skip-driver"),
      environment,
    );
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
