/** Options declared once in a table: flags, help, configuration file, presets, and what a run keeps of them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from "vitest";
import {
  type Call,
  createVerb,
  kept,
  kinds,
  type Memory,
  nearest,
  type OptionsOf,
  option,
  type Values,
} from "../src/index.js";

const TABLE = {
  data: option(kinds.text("dir"), { help: "folder", required: "a folder of images" }),
  batch: option(kinds.positiveInteger("images"), {
    help: "at once",
    default: 64,
    persist: "fixed",
    formerly: ["bulk"],
  }),
  channels: option(kinds.positiveInteger("channels"), {
    help: "1 or 3",
    default: 3,
    persist: "fixed",
    shorthands: { gray: { value: 1, help: "grey pictures" } },
  }),
  limit: option(kinds.positiveInteger("images"), { help: "the first", persist: "fixed", level: "more" }),
  smooth: option(kinds.flag, { help: "average first", default: true }),
  epochs: option(kinds.positiveInteger("epochs"), {
    help: "passes",
    unset: "25",
    insteadOf: ["steps"],
    persist: "remembered",
  }),
  steps: option(kinds.positiveInteger("steps"), { help: "in all", insteadOf: ["epochs"], persist: "remembered" }),
  dashboard: option(kinds.optional("8080", kinds.integerBetween("port", 0, 65535)), {
    help: "watch",
    persist: "remembered",
  }),
  noise: option(kinds.numberBetween("sigma", { min: 0, max: 10 }), {
    help: "on what D sees",
    default: 0,
    level: "file",
    persist: "fixed",
    formerly: ["noise"],
  }),
  decay: option(kinds.positiveNumber(), { help: "of what", default: 0.5, level: "file" }),
  search: option(kinds.choice(["default", "blog"]), {
    help: "how it goes",
    default: "default",
    presets: { blog: { decay: 0.25, noise: 0.1 } },
  }),
  overwrite: option(kinds.flag, { help: "write over", default: false, once: true }),
};
type Options = OptionsOf<typeof TABLE>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintsugi-options-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a verb of the table runs with, and what was said. */
async function parse(args: readonly string[], memory?: Memory) {
  const ran: { options?: Options; call?: Call<typeof TABLE, undefined> } = {};
  const said: string[] = [];
  const [out, err] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((text) => said.push(String(text)) > 0),
  );
  try {
    const command = createVerb({
      name: "verb",
      summary: "do it",
      table: TABLE,
      recall: async () => memory && { memory, context: undefined },
      run: async (options, call) => {
        Object.assign(ran, { options, call });
      },
    });
    await command
      .exitOverride()
      .configureOutput({ outputError() {} })
      .parseAsync([...args], { from: "user" });
  } finally {
    out!.mockRestore();
    err!.mockRestore();
  }
  return { ...ran, said: said.join("") };
}

const fails = (args: readonly string[], memory?: Memory) =>
  parse(args, memory).then(
    () => "",
    (error: Error) => error.message,
  );

it("infers the type of the options from the rows", () => {
  expectTypeOf<Options["batch"]>().toEqualTypeOf<number>();
  expectTypeOf<Options["limit"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Options["dashboard"]>().toEqualTypeOf<number | false | undefined>();
  expectTypeOf<Options["search"]>().toEqualTypeOf<"default" | "blog">();
});

describe("flags", () => {
  it("have their rows' defaults", async () => {
    const { options, call } = await parse(["--data", "d"]);
    expect(options).toMatchObject({ data: "d", batch: 64, channels: 3, smooth: true, noise: 0, search: "default" });
    expect(options).not.toHaveProperty("limit");
    expect([...call!.given]).toEqual(["data"]);
  });

  it("set values, short hands and opposites", async () => {
    const args = ["--data", "d", "--batch", "8", "--gray", "--no-smooth", "--dashboard"];
    expect((await parse(args)).options).toMatchObject({ batch: 8, channels: 1, smooth: false, dashboard: 8080 });
    expect((await parse([...args.slice(0, -1), "--no-dashboard"])).options).toMatchObject({ dashboard: false });
  });

  it("set what the file holds by --set", async () => {
    const { options } = await parse(["--data", "d", "--set", "noise=0.2", "--set", "decay=2"]);
    expect(options).toMatchObject({ noise: 0.2, decay: 2 });
  });

  it("of earlier versions work, with a line that names the new one", async () => {
    const { options, said } = await parse(["--data", "d", "--bulk", "8", "--noise", "0.3"]);
    expect(options).toMatchObject({ batch: 8, noise: 0.3 });
    expect(said).toBe("note: --bulk is now --batch\nnote: --noise is now --set noise=0.3\n");
    expect((await parse(["--data", "d", "--bulk", "8", "--quiet"])).said).toBe("");
  });

  it.each([
    [["--batch", "0"], "Give a whole number of images, at least 1."],
    [["--data", "d", "--gray", "--channels", "3"], "--channels 3 and --gray contradict each other"],
    [["--data", "d", "--set", "noise"], "noise is no NAME=VALUE"],
    [["--data", "d", "--set", "noise=loud"], 'noise is "loud": give a number from 0 to 10'],
    [["--data", "d", "--set", "noize=1"], "did you mean noise?"],
    [["--data", "d", "--set", "overwrite=true"], "give it as a flag"],
    [["--decay", "1"], "unknown option '--decay'"],
    [[], "--data is missing: name a folder of images"],
  ])("%j are refused", async (args, words) => {
    expect(await fails(args)).toContain(words);
  });
});

describe("a configuration file", () => {
  const file = async (content: unknown) => {
    const path = join(folder, "c.json");
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  it("goes before defaults and after flags, and takes what --print-config prints", async () => {
    const args = [
      "--config",
      await file({ $schema: "x", data: "d", batch: 8, channels: 1, limit: null, dashboard: false }),
    ];
    const { options } = await parse([...args, "--batch", "16"]);
    expect(options).toMatchObject({ data: "d", batch: 16, channels: 1, dashboard: false });
    const { said } = await parse([...args, "--search", "blog", "--print-config"]);
    const printed = JSON.parse(said) as Values;
    expect(printed).toMatchObject({ batch: 8, limit: null, noise: 0.1, decay: 0.25, dashboard: false });
    expect(Object.keys(printed)).not.toContain("overwrite");
    expect(JSON.parse((await parse(["--config", await file(printed), "--print-config"])).said)).toEqual(printed);
  });

  it.each([
    ["{", "it must be one JSON object"],
    [{ bach: 8 }, "there is no option called bach; did you mean batch?"],
    [{ "lim-it": 8 }, "did you mean limit?"],
    [{ zebra: 8 }, "--print-config prints them all"],
    [{ batch: -1 }, "batch is -1: give a whole number of images, at least 1"],
    [{ batch: "abc" }, 'batch is "abc": give a whole number of images, at least 1'],
    [{ batch: "8" }, 'batch is "8": give a whole number, without quotes'],
    [{ smooth: 1 }, "smooth is 1: give true or false"],
    [{ search: "best" }, "give one of: default, blog"],
    [{ dashboard: true }, "dashboard is true: give a whole number from 0 to 65535"],
    [{ overwrite: true }, "overwrite says how to run a command once"],
  ])("with %j is refused, naming file and key", async (content, words) => {
    const path = await file(content);
    const message = await fails(["--data", "d", "--config", path]);
    expect(message).toContain(words);
    expect(message).toMatch(/^\S+c\.json: [^\n]*$/);
  });
});

describe("presets", () => {
  it("set what nothing else does", async () => {
    expect((await parse(["--data", "d", "--search", "blog"])).options).toMatchObject({ decay: 0.25, noise: 0.1 });
    const own = ["--data", "d", "--search", "blog", "--set", "decay=3"];
    expect((await parse(own)).options).toMatchObject({ decay: 3, noise: 0.1 });
  });
});

it("takes what the command chooses where nothing is given, with its presets", async () => {
  const { call } = await parse(["--data", "d", "--batch", "8"]);
  expect(call!.choose({ search: "blog", batch: 16, limit: 3 })).toMatchObject({ batch: 8, limit: 3, decay: 0.25 });
});

describe("options that stand instead of each other", () => {
  it("let the stronger place win", async () => {
    const path = join(folder, "goal.json");
    await writeFile(path, '{"steps": 100}');
    const { options } = await parse(["--data", "d", "--config", path, "--epochs", "5"]);
    expect(options).toMatchObject({ epochs: 5 });
    expect(options).not.toHaveProperty("steps");
  });
});

describe("a run that is taken up again", () => {
  const memory = (fixed: Values, remembered: Values): Memory => ({ run: "r", fixed, remembered, path: "r/run.json" });

  it("keeps what it fixed and goes on with what it remembers", async () => {
    const { options } = await parse(
      ["--data", "d", "--search", "blog"],
      memory({ batch: 8, channels: 1, limit: null }, { steps: 40, dashboard: 9000 }),
    );
    // No preset reaches what is fixed: a run without noise has none.
    expect(options).toMatchObject({ batch: 8, channels: 1, steps: 40, dashboard: 9000, noise: 0, decay: 0.25 });
    expect(options).not.toHaveProperty("limit");
    expect(kept(TABLE, "fixed", options!)).toEqual({ batch: 8, channels: 1, limit: null, noise: 0 });
    expect(kept(TABLE, "remembered", options!)).toEqual({ epochs: null, steps: 40, dashboard: 9000 });
  });

  it("takes another goal in place of the one it remembers", async () => {
    const { options } = await parse(["--data", "d", "--epochs", "9"], memory({}, { steps: 40 }));
    expect(options).toMatchObject({ epochs: 9 });
    expect(options).not.toHaveProperty("steps");
  });

  it.each([
    [["--batch", "16"], memory({ batch: 8 }, {}), "r began with batch 8, not 16"],
    [["--set", "noise=1"], memory({}, {}), "r began with noise 0, not 1"],
    [[], memory({}, { steps: "abc" }), 'r/run.json: steps is "abc": give a whole number of steps'],
    [[], memory({ batch: "many" }, {}), 'r: batch is "many"'],
  ])("is not taken up with %j", async (args, remembered, words) => {
    expect(await fails(["--data", "d", ...args], remembered)).toContain(words);
  });
});

describe("help", () => {
  it("shows what most need, and everything by --help-all", async () => {
    const show = async (flag: string) => {
      let text = "";
      const command = createVerb({
        name: "verb",
        summary: "do it",
        table: TABLE,
        notes: "\nNotes.",
        run: async () => {},
      });
      const quiet = command.exitOverride().configureOutput({
        writeOut: (part) => {
          text += part;
        },
      });
      await quiet.parseAsync([flag], { from: "user" }).catch(() => {});
      return text;
    };
    const short = await show("--help");
    expect(short).toMatch(/--batch <images>\s+at once \(default: 64\)/);
    expect(short).toMatch(/--data <dir>\s+folder \(required\)/);
    expect(short).toContain("--no-smooth");
    expect(short).toContain("--gray");
    for (const hidden of ["--limit", "noise", "--bulk", "--no-dashboard", "--set", "--verbose"]) {
      expect(short).not.toContain(hidden);
    }
    expect(short).toContain("Notes.");
    expect(short).toContain("kintsugi verb --help-all");
    const all = await show("--help-all");
    for (const shown of ["--limit <images>", "--set <name=value>", "--verbose", "Notes."]) expect(all).toContain(shown);
    expect(all).toMatch(/ {2}noise\s+on what D sees \(default: 0\)/);
    expect(all).not.toContain("--bulk");
  });
});

it("finds the name that was meant, or none", () => {
  const names = ["batch", "epochs", "checkpointSeconds"];
  expect(nearest("bathc", names)).toBe("batch");
  expect(nearest("checkpoint-seconds", names)).toBe("checkpointSeconds");
  expect(nearest("epoch", names)).toBe("epochs");
  expect(nearest("zebra", names)).toBeUndefined();
});
