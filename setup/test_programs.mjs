/** What some tests run beside an adapter, from Debian's packages. Without it these tests are skipped, and say so. */
import { existsSync } from "node:fs";
import { installPackages, privilege } from "./apt.mjs";
import { servedSystem } from "./driver.mjs";
import { SetupError, say, step } from "./progress.mjs";

/** Where the tests look for each, and what brings it. */
const PROGRAMS = [
  { file: "/usr/bin/chromium", packages: ["chromium"], purpose: "the pages" },
  {
    file: "/usr/bin/mpirun.openmpi",
    packages: ["openmpi-bin", "libopenmpi-dev"],
    purpose: "several processes under MPI",
  },
  { file: "/usr/bin/cc", packages: ["gcc", "libc6-dev"], purpose: "what kernels become on absent GPUs" },
  {
    file: "/usr/include/vulkan/vk_layer.h",
    packages: ["libvulkan-dev"],
    purpose: "what kernels become on absent GPUs",
  },
];

/** Installs what is missing where it can be had. Never ends the set-up. */
export async function ensureTestPrograms(environment) {
  const missing = PROGRAMS.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return;
  const skipped = `the tests of ${[...new Set(missing.map(({ purpose }) => purpose))].join("; of ")} will be skipped`;
  const packages = missing.flatMap((program) => program.packages);
  const { codename } = servedSystem();
  // Ubuntu's chromium is a snap, which containers cannot run.
  if (codename === undefined || !/^(bookworm|trixie)$/.test(codename)) {
    return say(`there is no ${missing.map(({ file }) => file).join(", ")}: ${skipped}.`);
  }
  const asRoot = await privilege(environment);
  if (!asRoot) return say(`${skipped}; installing ${packages.join(" ")} needs root.`);
  say(`installing ${packages.join(", ")}, which some tests run.`);
  try {
    await step("installing what tests run", () => installPackages(packages, { codename }, asRoot, environment));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${packages.join(", ")} could not be installed: ${skipped}.`);
  }
}
