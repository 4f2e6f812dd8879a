/**
 * `prepublishOnly` of every package, and the first thing that a release asks: refuses to publish by npm from a folder of this
 * workspace, which would ship `workspace:*` and `catalog:` as versions, and while nobody has said whose the packages are.
 */
import { fileURLToPath } from "node:url";
import { missing } from "./manifest.cjs";

/**
 * Why nothing may be published now.
 * @param {string} [userAgent] what npm and pnpm tell their scripts of themselves; packed tarballs have none to fear
 * @returns {string | undefined} one line, or undefined where all is well
 */
export function refusal(userAgent, empty = missing()) {
  if (userAgent !== undefined && !userAgent.startsWith("pnpm/"))
    return "npm would publish workspace:* and catalog: as they stand: publish what `npm run pack` writes";
  if (empty.length === 0) return undefined;
  return `setup/release/identity.json lacks ${empty.join(", ")}: fill it in before anything is published`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = refusal(process.env.npm_config_user_agent ?? "");
  if (reason !== undefined) {
    console.error(reason);
    process.exitCode = 1;
  }
}
