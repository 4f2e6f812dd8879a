import { expect, test } from "vitest";
import { parseCoreFile } from "../src/index.js";

test("a file of cores is refused by name where it is none, of another adapter, or names what is no core", () => {
  const text = (cores: object, adapter = "here") => JSON.stringify({ adapter, cores });
  expect(parseCoreFile("t.json", text({ p: "direct" }), "here")).toEqual({ p: "direct" });
  expect(() => parseCoreFile("t.json", "{", "here")).toThrow(/^t.json: is no table of cores; `npm run tune/);
  expect(() => parseCoreFile("t.json", text({}, "there"), "here")).toThrow(/was tuned on there, and this is here/);
  expect(() => parseCoreFile("t.json", text({ p: "7x7" }), "here")).toThrow(/gives p the core "7x7"/);
});
