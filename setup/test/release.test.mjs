/** What would be published: refused while nobody has said whose it is, one version, no workspace:* and no catalog:. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../paths.mjs";
import { manifestOf, publicFolders } from "../release/pack.mjs";
import { refusal } from "../release/refuse.mjs";

const { beforePacking, missing } = createRequire(import.meta.url)("../release/manifest.cjs");
const members = publicFolders().map((folder) => ({ folder, manifest: manifestOf(folder) }));

it("is refused from npm, which would ship workspace:*, and while the owner is unknown", () => {
  expect(refusal("npm/11.5.1 node/v24.0.0", [])).toMatch(/workspace:\*/);
  expect(refusal("pnpm/10.0.0 npm/?", [])).toBeUndefined();
  expect(refusal(undefined, [])).toBeUndefined();
  expect(refusal("pnpm/10.0.0 npm/?", ["owner", "repository"])).toMatch(/identity\.json lacks owner, repository/);
});

it.each(members)(
  "$manifest.name asks before it is published, and says what the one place says",
  ({ folder, manifest }) => {
    expect(manifest.scripts.prepublishOnly).toMatch(/^node (\.\.\/)+setup\/release\/refuse\.mjs$/);
    const shipped = beforePacking(manifest, folder);
    expect(shipped.publishConfig).toEqual({ access: "public", provenance: true });
    expect(shipped.keywords).toContain("webgpu");
    expect(shipped.license).toBe("MIT");
    expect(shipped.scripts).toBeUndefined();
    if (missing().length === 0) {
      const directory = folder.slice(root.length).replaceAll("\\", "/");
      expect(shipped).toMatchObject({ repository: { type: "git", directory }, author: expect.any(String) });
      expect(shipped.bugs).toMatch(/\/issues$/);
    }
  },
);

it("carries one version, which the changelog knows or still gathers", () => {
  const versions = new Set(members.map(({ manifest }) => manifest.version));
  expect([...versions]).toHaveLength(1);
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const [version] = versions;
  // Before the first release everything is under "Unreleased"; a version above the first has a heading of its own.
  const heading =
    version === "0.1.0" ? /^## (Unreleased|\[?0\.1\.0)/m : new RegExp(`^## \\[?${version.replaceAll(".", "\\.")}`, "m");
  expect(changelog).toMatch(heading);
});
