/** The service as a client meets it: the real command, real PNG and JPEG files, a tiny model. */
import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Landmarks } from "@kintsugi/images";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FIELDS } from "../src/serve/fields.js";
import { createRoom, type Room, verb } from "./room.js";
import { type Serving, serve as serveModel, until } from "./serving.js";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const JSON_TYPE = { "content-type": "application/json" };
let room: Room;
let model: string;
let running: Serving;
const serve = (...more: string[]) => serveModel(model, ...more);
beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  await room.picture("photo.jpg", 0, { width: 40, height: 30 });
  await room.picture("face.png");
  await room.mask("spot.png", 16, (row, column) => (row > 4 && row < 9 && column > 6 ? 255 : 0));
  running = await serve();
});
afterAll(async () => {
  if (running) expect((await running.stop()).code).toBe(0);
  await room.remove();
});

const base64 = async (name: string) => (await readFile(room.at(name))).toString("base64");
const post = (body: unknown, init: RequestInit = {}, url = running.url) =>
  fetch(`${url}/v1/complete`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
const rawPixels = async (bytes: Buffer) => [...(await sharp(bytes).raw().toBuffer())];
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error;
const metric = async (name: string) => {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  return Number(new RegExp(`^kintsugi_${name} (.*)$`, "m").exec(text)?.[1]);
};
/** hole.png, over all of photo.jpg. */
const holeOfThePhotograph = () =>
  sharp(
    Uint8Array.from({ length: 40 * 30 }, (_, p) => (p % 40 > 20 && p > 600 ? 255 : 0)),
    { raw: { width: 40, height: 30, channels: 1 } },
  ).toFile(room.at("hole.png"));

it("completes JSON: known pixels stay, the hole changes", async () => {
  const image = `data:image/png;base64,${await base64("face.png")}`;
  const response = await post({ image, mask: await base64("spot.png"), seed: 3, blend: "none" });
  expect(response.status).toBe(200);
  const result = (await response.json()) as { image: string; iterations: number; total: number };
  expect(result).toMatchObject({ iterations: 5, total: expect.any(Number), contextual: expect.any(Number) });
  const before = await rawPixels(await readFile(room.at("face.png")));
  const after = await rawPixels(Buffer.from(result.image.split(",")[1]!, "base64"));
  const hole = (at: number) => {
    const [row, column] = [Math.floor(at / 48), Math.floor(at / 3) % 16];
    return row > 3 && row < 10 && column > 5;
  };
  expect(after.filter((_, at) => !hole(at))).toEqual(before.filter((_, at) => !hole(at)));
  expect(after.filter((_, at) => hole(at))).not.toEqual(before.filter((_, at) => hole(at)));
});

it("completes a multipart JPEG, by the README's curl", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  await holeOfThePhotograph();
  const example = /^curl (?:.*\\\n)*.*/m.exec(readme)![0];
  await promisify(execFile)("sh", ["-c", example.replace("http://127.0.0.1:8080", running.url)], { cwd: room.at("") });
  const { width, height, format } = await sharp(room.at("completed.png")).metadata();
  expect({ width, height, format }).toEqual({ width: 16, height: 16, format: "png" });
});

it("the same request gives the same picture, in both forms", async () => {
  const form = new FormData();
  form.set("image", new Blob([await readFile(room.at("photo.jpg"))]), "photo.jpg");
  for (const [name, value] of Object.entries({ mask: "left", iterations: "7", seed: "9" })) form.set(name, value);
  const accept = { accept: "image/png" };
  const multipart = await fetch(`${running.url}/v1/complete`, { method: "POST", body: form, headers: accept });
  const headers = { ...accept, "content-type": "application/json" };
  const json = await post({ image: await base64("photo.jpg"), mask: "left", iterations: 7, seed: 9 }, { headers });
  expect([multipart.status, json.status]).toEqual([200, 200]);
  expect(await rawPixels(Buffer.from(await json.arrayBuffer()))).toEqual(
    await rawPixels(Buffer.from(await multipart.arrayBuffer())),
  );
});

it("answers bad requests with 400 and one line", async () => {
  const image = await base64("face.png");
  const cases: [unknown, RegExp][] = [
    ["{", /no JSON/],
    ["[]", /no JSON object/],
    [{}, /image is missing/],
    [{ image: "###" }, /image is neither base64/],
    [{ image: Buffer.from("hello").toString("base64") }, /image: not an image in a known format/],
    [{ image: image.slice(0, 200) }, /image: damaged or cut short/],
    [{ image, mask: "middle" }, /mask is none of center/],
    [{ image, mask: Buffer.from("no mask at all").toString("base64") }, /mask: not an image/],
    [{ image, iterations: 0 }, /iterations must be a whole number from 1 to 1000/],
    [{ image, seed: "x" }, /seed must be/],
    [{ image, blend: "soft" }, /blend must be one of/],
    [{ image, itrations: 3 }, /there is no field itrations/],
    [{ image, mask: "color:pink" }, /mask color:pink names no colour/],
    [{ image, missing: "grey" }, /missing must be one of white, black/],
    [{ image, region: 7 }, /region must be text/],
    [{ image, region: "1,2" }, /region: Give x,y,w,h in whole pixels/],
    [{ image, region: "0,0,99,99" }, /region: it is 16×16 upright, the region reaches beyond it/],
    [{ image, region: "auto" }, /region auto looks for the hole/],
    [{ image, region: "0,0,9,9", mask: "lowres" }, /leave out region/],
    [{ image, landmarks: Array(5).fill([1, "x"]) }, /landmarks must be 5 or 68 points/],
    [{ image, landmarks: "here" }, /landmarks must be 5 or 68 points/],
    [{ image, landmarks: [[1, 2]] }, /landmarks must be 5 or 68 points/],
    [{ image, landmarks: Array(5).fill([3, 3]) }, /landmarks: its landmarks are all at one place/],
    [{ image, landmarks: "auto", region: "auto" }, /give one of them/],
  ];
  for (const [body, line] of cases) {
    const response = await post(body);
    expect([response.status, await errorOf(response)], JSON.stringify(body)).toEqual([
      400,
      expect.stringMatching(line),
    ]);
  }
  const headers = { "content-type": "text/plain" };
  expect((await post("hello", { headers })).status).toBe(415);
  const form = { "content-type": "multipart/form-data; boundary=x" };
  expect((await post("no parts", { headers: form })).status).toBe(400);
});

it("has limits: 404, 405, 413", async () => {
  expect((await fetch(`${running.url}/nothing`)).status).toBe(404);
  const wrong = await fetch(`${running.url}/v1/complete`);
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  const large = await post({ image: "A".repeat(100_000) });
  expect([large.status, await errorOf(large)]).toEqual([413, expect.stringMatching(/larger than 100000 bytes/)]);
  const vast = await sharp({ create: { width: 200, height: 51, channels: 3, background: "#123" } })
    .png()
    .toBuffer();
  const many = await post({ image: vast.toString("base64") });
  expect([many.status, await errorOf(many)]).toEqual([413, expect.stringMatching(/200×51 pixels, more than 10000/)]);
  expect(await (await fetch(`${running.url}/healthz`)).json()).toMatchObject({ status: "ok", size: 16, waiting: 0 });
});

const FACE: Landmarks = [
  [25, 20],
  [38, 15],
  [34, 25],
  [31, 33],
  [41, 30],
];

/** The bytes of a picture whose disc around its middle is missing: transparent, over a gradient. */
const torn = (width: number, height: number) =>
  Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const [p, c] = [i >> 2, i % 4];
    const [x, y] = [p % width, Math.floor(p / width)];
    const hole = Math.hypot(x - width / 2, y - height / 2) < 9;
    return c === 3 ? (hole ? 0 : 255) : hole ? 255 : 40 + 2 * x + c * y;
  });

it("completes pictures of any size in place: around the hole, in a region, and turned faces", async () => {
  const [width, height] = [70, 50];
  const bytes = torn(width, height);
  const image = sharp(bytes, { raw: { width, height, channels: 4 } });
  const encoded = (await image.png().toBuffer()).toString("base64");
  const ways = [
    { mask: "alpha", region: "auto" },
    { mask: "alpha", region: "10,0,50,50" },
    { mask: "alpha", landmarks: FACE },
  ];
  // The hole is made larger by a pixel of the model: up to five of the picture.
  const near = (p: number) =>
    Array.from({ length: 121 }, (_, k) => [
      (p % width) + (k % 11) - 5,
      Math.floor(p / width) + Math.floor(k / 11) - 5,
    ]).some(([x, y]) => x! >= 0 && x! < width && y! >= 0 && y! < height && bytes[4 * (y! * width + x!) + 3] === 0);
  for (const way of ways) {
    const response = await post({ image: encoded, ...way }, { headers: { ...JSON_TYPE, accept: "image/png" } });
    expect(response.status, JSON.stringify(way)).toBe(200);
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([width, height]);
    let [changed, filled] = [0, 0];
    for (let p = 0; p < width * height; p++) {
      const same = [0, 1, 2].every((c) => data[p * info.channels + c] === bytes[4 * p + c]);
      if (near(p)) filled += same ? 0 : 1;
      else if (!same) changed++;
    }
    expect(changed).toBe(0);
    expect(filled).toBeGreaterThan(200);
  }
  // Without a place, the central square at the model's size, whatever says what is missing.
  const small = await post({ image: encoded, mask: "alpha" }, { headers: { ...JSON_TYPE, accept: "image/png" } });
  expect((await sharp(Buffer.from(await small.arrayBuffer())).metadata()).width).toBe(16);
});

// Who comes while the first is searched waits together; on a busy machine one may come too late, so it is tried again.
it("searches requests that wait with the same options together", { retry: 3 }, async () => {
  const image = await base64("face.png");
  const before = [await metric("searched_together_sum"), await metric("searched_together_count")];
  const first = post({ image, iterations: 1000 });
  await until(async () => (await metric("queue_length")) === 1);
  const others = ["left", "right", "top"].map((mask) => post({ image, mask }));
  const all = await Promise.all([first, ...others]);
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const after = [await metric("searched_together_sum"), await metric("searched_together_count")];
  // One alone, and three of which each was one of three.
  expect([after[0]! - before[0]!, after[1]! - before[1]!]).toEqual([10, 4]);
  const pictures = await Promise.all(all.map(async (response) => ((await response.json()) as { image: string }).image));
  expect(new Set(pictures).size).toBe(4);
});

it("describes itself: every field, and every status that it answers", async () => {
  const description = (await (await fetch(`${running.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<
      string,
      Record<
        string,
        { requestBody?: { content: Record<string, { schema: { properties: object } }> }; responses: object }
      >
    >;
  };
  expect(description.openapi).toBe("3.1.0");
  expect(Object.keys(description.paths)).toEqual(["/v1/complete", "/healthz", "/metrics", "/openapi.json"]);
  const { requestBody, responses } = description.paths["/v1/complete"]!.post!;
  for (const { schema } of Object.values(requestBody!.content)) {
    expect(Object.keys(schema.properties)).toEqual([...FIELDS]);
  }
  expect(Object.keys(responses)).toEqual([
    ...["200", "400", "401", "403", "408", "413", "415", "421", "500", "501", "503", "504"],
  ]);
});

it("turns away with 503 what the queue cannot hold, and ends a search whose client hangs up", {
  retry: 3,
}, async () => {
  const image = await base64("face.png");
  const client = new AbortController();
  const before = await metric("abandoned_total");
  const long = () => post({ image, iterations: 1000 }, { signal: client.signal }).catch((error: Error) => error.name);
  const waiting = [long(), long(), long(), long()];
  await until(async () => (await metric("queue_length")) === 4);
  const refused = await post({ image });
  expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([503, expect.toSatisfy((s) => s >= 1)]);
  const iterated = await metric("completion_seconds_count");
  client.abort();
  expect(await Promise.all(waiting)).toEqual(Array(4).fill("AbortError"));
  await until(async () => (await metric("queue_length")) === 0);
  expect([await metric("abandoned_total"), await metric("completion_seconds_count")]).toEqual([before + 4, iterated]);
  expect((await post({ image })).status).toBe(200);
});

it("finishes what is at hand on SIGTERM, and takes nothing new", async () => {
  const image = await base64("face.png");
  const { url } = running;
  const last = post({ image, iterations: 1000 });
  await until(async () => (await metric("queue_length")) === 1);
  const stopped = running.stop();
  await expect(
    fetch(`${url}/healthz`, { headers: { connection: "close" } }).then(({ status }) => {
      if (status !== 200) throw new Error(`${status}`);
    }),
  ).rejects.toThrow();
  expect((await last).status).toBe(200);
  const { code, lines } = await stopped;
  expect([code, lines.at(-1)]).toEqual([0, { t: "end" }]);
  running = await serve();
});

it("ends with 504 what takes too long, and goes on", async () => {
  await running.stop();
  running = await serve("--timeout", "0.05");
  const image = await base64("face.png");
  const late = await Promise.all([post({ image, iterations: 1000 }), post({ image, iterations: 999 })]);
  expect(late.map(({ status }) => status)).toEqual([504, 504]);
  expect(await errorOf(late[0]!)).toMatch(/longer than 0.05 s/);
  await running.stop();
  running = await serve();
  expect((await post({ image })).status).toBe(200);
});

it.skipIf(!hasPython)("serves the README's Python", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  await holeOfThePhotograph();
  const script = /^```python\n([\s\S]*?)```/m.exec(readme)![1]!.replace("http://127.0.0.1:8080", running.url);
  await writeFile(room.at("client.py"), script);
  await promisify(execFile)("python3", ["client.py"], { cwd: room.at("") });
  expect((await sharp(room.at("completed.png")).metadata()).width).toBe(40);
});

it("says in one line that a port is taken or a model is missing", async () => {
  const port = new URL(running.url).port;
  const taken = await verb("serve", ["--model", model, "--port", port, "--device", "cpu", "--quiet"]);
  expect([taken.code, taken.err]).toEqual([
    1,
    expect.stringMatching(/another program listens there; choose another --port/),
  ]);
  expect((await verb("serve", ["--model", room.at("none.safetensors")])).code).toBe(5);
  expect((await verb("serve", ["--model", model, "--port", "70000"])).code).toBe(2);
});
