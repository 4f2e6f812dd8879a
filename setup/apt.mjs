/** apt, used without changing the user's configuration: root's rights, and an install from a release's backports. */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backportsEntry, parseSources } from "./apt-sources.mjs";
import { logEnd, output, runLogged, SetupError } from "./progress.mjs";

const NO_ADAPTER = 3;

/**
 * How to become root: an empty prefix as root, sudo where it needs no password or somebody can type it.
 * @returns {Promise<string[] | undefined>} the words before a command; undefined where there is no way
 */
export async function privilege(environment) {
  if ((await output("apt-get", ["--version"], { env: environment })) === undefined) return undefined;
  if (process.getuid?.() === 0) return ["env"];
  if ((await output("sudo", ["-n", "true"], { env: environment })) !== undefined) return ["sudo", "-n", "env"];
  if (!process.stdin.isTTY || environment.CI) return undefined;
  return spawnSync("sudo", ["-v"], { stdio: "inherit" }).status === 0 ? ["sudo", "-n", "env"] : undefined;
}

/** `apt-get update` and `install`, out of the release's backports where the system names them. */
export async function installPackages(packages, { codename, backports }, [command, ...prefix], environment) {
  const sources = backports ? await sourcesWith(codename, backports, environment) : undefined;
  // Lists of sources that our temporary folder has and /etc does not would otherwise be swept away in between.
  const options = sources ? ["-o", `Dir::Etc::sourceparts=${sources}`, "-o", "APT::Get::List-Cleanup=0"] : [];
  const apt = (name, ...args) =>
    runLogged(
      name,
      command,
      [...prefix, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120", ...options, ...args],
      { env: environment },
    );
  try {
    // Error-Mode: a mirror out of reach is otherwise only a warning. But a broken source of somebody else's does not
    // touch what we need, so the install decides.
    const update = await apt("apt-update", "-o", "APT::Update::Error-Mode=any", "update");
    const release = backports ? ["-t", backports] : [];
    const install = await apt("apt-install", "install", "-y", "--no-install-recommends", ...release, ...packages);
    if (install.code === 0) return;
    const [failed, what] = update.code === 0 ? [install, "install"] : [update, "update"];
    const remedy =
      what === "update"
        ? "the package mirror in apt's sources did not answer as it should: mend that, then run again"
        : `install ${packages.join(" and ")} yourself, then run again`;
    throw new SetupError(
      `${logEnd(failed.log)}\n\`apt-get ${what}\` failed (exit code ${failed.code}; whole log: ${failed.log}): ${remedy}.`,
      NO_ADAPTER,
    );
  } finally {
    if (sources) rmSync(sources, { recursive: true, force: true });
  }
}

/** A folder with a copy of apt's own source files and, where they lack it, an entry for the backports. */
async function sourcesWith(codename, backports, environment) {
  const { list, parts } = await configuredSources(environment);
  const names = existsSync(parts) ? readdirSync(parts).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const files = [...(existsSync(list) ? [list] : []), ...names.map((name) => join(parts, name))];
  const entries = files.flatMap((file) => parseSources(readFileSync(file, "utf8"), file.endsWith(".sources")));
  const added = backportsEntry(entries, codename, backports);
  if (added === undefined) {
    throw new SetupError(
      `apt's sources name no ${codename} main archive to take ${backports} from: add one.`,
      NO_ADAPTER,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-apt-"));
  chmodSync(folder, 0o755); // apt reads it as another user
  for (const name of names) copyFileSync(join(parts, name), join(folder, name));
  if (added.text) writeFileSync(join(folder, `kintsugi-backports.${added.deb822 ? "sources" : "list"}`), added.text);
  return folder;
}

async function configuredSources(environment) {
  const args = ["shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"];
  const text = (await output("apt-config", args, { env: environment })) ?? "";
  return {
    list: /LIST='(.*)'/.exec(text)?.[1] ?? "/etc/apt/sources.list",
    parts: /PARTS='(.*)'/.exec(text)?.[1] ?? "/etc/apt/sources.list.d",
  };
}
