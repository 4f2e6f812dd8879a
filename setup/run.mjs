/**
 * The one entry of the root scripts: sets the checkout up, then runs a verb.
 *
 *     node setup/run.mjs [bench|bench:web|demo|test|tune] [--skip-driver] [arguments of the verb…]
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

const verbs = {
  bench: async () => (await import("./bench.mjs")).bench,
  "bench:web": async () => (await import("./bench.mjs")).benchWeb,
  demo: async () => (await import("./demo.mjs")).demo,
  test: async () => (await import("./test.mjs")).test,
  tune: async () => (await import("./bench.mjs")).tune,
};
const [verb, ...rest] = process.argv.slice(2);

if (verb !== undefined && !Object.hasOwn(verbs, verb)) {
  console.error(`setup: unknown verb "${verb}"; it is one of ${Object.keys(verbs).join(", ")}.`);
  process.exit(2);
}

const { SetupError } = await import("./progress.mjs");
try {
  const { prepare } = await import("./prepare.mjs");
  // The demo takes a GPU if there is one, and the CPU back end else; the tests test the kernels and need an adapter.
  const skipDriver = verb === "demo" || rest.includes("--skip-driver") || process.env.KINTSUGI_SKIP_DRIVER === "1";
  const environment = await prepare({ skipDriver, browser: verb === "test" });
  if (verb !== undefined) {
    const run = await verbs[verb]();
    process.exitCode = await run(
      rest.filter((argument) => argument !== "--skip-driver"),
      environment,
    );
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
