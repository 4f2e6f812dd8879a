/** The driver step: looks for a WebGPU adapter and, only where there is none, installs a software Vulkan driver. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installPackages, privilege } from "./apt.mjs";
import { output, SetupError, say, step } from "./progress.mjs";

const NO_ADAPTER = 3;
const packages = ["mesa-vulkan-drivers", "libvulkan1"];
const probe = fileURLToPath(new URL("adapter.mjs", import.meta.url));

/** Makes sure that Dawn finds an adapter, or ends with exit code 3 and one sentence saying what to install. */
export async function ensureAdapter(environment) {
  const found = await probeAdapter(environment);
  if (found.adapter) return describe(found.adapter);
  if (found.broken) {
    throw new SetupError(
      `Dawn, which has builds for Linux with glibc, macOS and Windows, does not load here: ${found.broken}`,
      NO_ADAPTER,
    );
  }
  const steering = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((name) => environment[name]);
  if (steering) {
    throw new SetupError(
      `no WebGPU adapter was found: ${steering} lets Vulkan see only ${environment[steering]}; unset it, then run again.`,
      NO_ADAPTER,
    );
  }
  const system = servedSystem();
  if (system.remedy) throw new SetupError(`no WebGPU adapter was found. ${system.remedy}`, NO_ADAPTER);

  const asRoot = await privilege(environment);
  const from = system.backports ? ` from ${system.backports}, as the stock one is too old for Dawn` : "";
  const names = packages.join(" and ");
  if (!asRoot) {
    throw new SetupError(
      `no WebGPU adapter was found, and installing a software one needs root: install ${names}${from}, then run again.`,
      NO_ADAPTER,
    );
  }
  say(
    `no WebGPU adapter was found: installing Mesa's software Vulkan driver (${names}${from}), to compute on the CPU.`,
  );
  await step("installing the driver", () => installPackages(packages, system, asRoot, environment));
  const installed = await probeAdapter(environment);
  if (!installed.adapter) {
    throw new SetupError(
      "the software Vulkan driver is installed, yet Dawn finds no adapter: `vulkaninfo` may say why.",
      NO_ADAPTER,
    );
  }
  describe(installed.adapter);
}

async function probeAdapter(environment) {
  const text = await output(process.execPath, [probe], { env: environment, timeout: 60_000 });
  // A driver that crashes the probe is as good as none.
  return text ? JSON.parse(text.split("\n").at(-1)) : { adapter: null };
}

function describe({ description, vendor, architecture, cpu }) {
  say(`adapter: ${description || `${vendor} ${architecture}`}${cpu ? " (software, on the CPU)" : ""}`);
}

/**
 * Which system this is, as far as we can serve it.
 * @returns {{ codename?: string, backports?: string, remedy?: string }} a remedy where we cannot
 */
export function servedSystem(platform = process.platform, release = readRelease()) {
  const again = "then run again.";
  if (platform === "darwin")
    return { remedy: `Metal should offer one: update macOS (Intel: AMD or Iris GPU), ${again}` };
  if (platform === "win32") return { remedy: `Install your graphics card's current driver (Direct3D 12), ${again}` };
  const { ID: id = "", VERSION_ID: version = "", VERSION_CODENAME: codename = "", ID_LIKE: like = "" } = release;
  if (id === "debian" && (version === "" || Number(version) >= 13)) return { codename };
  if (id === "debian" && version === "12") return { codename, backports: `${codename}-backports` };
  if (id === "ubuntu" && Number(version) >= 24.04) return { codename };
  const families = `${id} ${like}`;
  const name = release.PRETTY_NAME ?? "this system";
  if (/fedora|rhel/.test(families))
    return { remedy: `Install mesa-vulkan-drivers and vulkan-loader with dnf, ${again}` };
  if (/arch/.test(families)) return { remedy: `Install vulkan-swrast and vulkan-icd-loader with pacman, ${again}` };
  if (/alpine/.test(families)) return { remedy: "Dawn has no build for Alpine's musl: use Debian or Ubuntu instead." };
  return {
    remedy: `Set-up cannot serve ${name}: install the Vulkan loader (libvulkan1) and Mesa's Vulkan drivers (mesa-vulkan-drivers), version 24 or newer, or upgrade to Debian 12, Ubuntu 24.04 or newer, ${again}`,
  };
}

function readRelease() {
  try {
    const lines = readFileSync("/etc/os-release", "utf8").split("\n");
    return Object.fromEntries(
      lines
        .map((line) => /^([A-Z_]+)="?([^"]*)"?$/.exec(line))
        .flatMap((match) => (match ? [[match[1], match[2]]] : [])),
    );
  } catch {
    return {};
  }
}
