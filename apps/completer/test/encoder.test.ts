/** `kintsugi encoder` on a real model, and its file with the other verbs. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { decodeEncoder } from "@kintsugi/completion";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CONFIG, createRoom, kintsugi, type Room, verb } from "./room.js";

let room: Room;
let model: string;
let face: string;
let encoder: string;
const small = ["--width", "4", "--batch", "8", "--device", "cpu"];
beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  face = await room.picture("face.png");
  encoder = room.at("encoder.safetensors");
});
afterAll(() => room.remove());

it("trains an encoder, tells how it learns, and writes over nothing unasked", async () => {
  const args = ["--model", model, "--out", encoder, "--steps", "25", ...small, "--json"];
  const { code, err, lines } = await verb("encoder", args);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(lines[0]).toMatchObject({ t: "start", steps: 25, width: 4, batch: 8 });
  expect(lines.filter(({ t }) => t === "progress").map(({ step }) => step)).toEqual([10, 20, 25]);
  expect(lines.at(-1)).toMatchObject({ t: "end", step: 25, interrupted: false, out: encoder });
  expect(decodeEncoder(await readFile(encoder), CONFIG).config.width).toBe(4);

  const again = await verb("encoder", args);
  expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/exists: give --overwrite/) });
});

it("lets completions begin at its proposals", async () => {
  const first = async (...more: string[]) => {
    const { code, err, lines } = await kintsugi([
      ...["--model", model, "--mask", "center", "--out", room.at(`out${more.length}`), "--device", "cpu"],
      ...["--iterations", "1", "--starts", "1", "--json", ...more, face],
    ]);
    expect({ code, err }).toMatchObject({ code: 0 });
    return lines.find(({ t }) => t === "progress")!.total;
  };
  expect(await first("--encoder", encoder)).not.toBe(await first());
});

it("leaves what it has learned at Ctrl-C", async () => {
  const out = room.at("interrupted.safetensors");
  let told = false;
  const { code, lines } = await verb(
    "encoder",
    ["--model", model, "--out", out, "--steps", "100000", ...small, "--json"],
    (text) => {
      if (!told && text.includes('"step":')) told = process.emit("SIGINT", "SIGINT");
    },
  );
  expect(code).toBe(130);
  expect(lines.at(-1)).toMatchObject({ t: "end", interrupted: true });
  expect(decodeEncoder(await readFile(out), CONFIG).metadata.step).toBe(String(lines.at(-1)!.step));
});

it.each([
  ["code 5 for an encoder that is not there", () => room.at("absent.safetensors"), /no such file/],
  ["code 5 for a model in its place", () => model, /it is no encoder \(kintsugi\.dcgan\/1/],
  ["code 5 for a file that is none", () => room.at("text.safetensors"), /cannot read the encoder/],
] as const)("%s", async (_, path, message) => {
  await writeFile(room.at("text.safetensors"), "no encoder");
  const out = room.at("none");
  const args = ["--model", model, "--mask", "center", "--out", out, "--device", "cpu", "--encoder", path(), face];
  const { code, err } = await kintsugi(args);
  expect(code).toBe(5);
  expect(err).toMatch(message);
  expect(err.trim().split("\n").length).toBe(1);
  await expect(stat(out)).rejects.toThrow();
});
