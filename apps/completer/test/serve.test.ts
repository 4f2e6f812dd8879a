/** The service as a client meets it: the real command, real PNG and JPEG files, a tiny model. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRoom, type Outcome, type Room, verb } from "./room.js";

let room: Room;
let model: string;
let running: Server;
beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  await room.picture("photo.jpg", 0, { width: 40, height: 30 });
  await room.picture("face.png");
  await room.mask("hole.png", 16, (row, column) => (row > 4 && row < 9 && column > 6 ? 255 : 0));
  running = await serve();
});
afterAll(async () => {
  if (running) expect((await running.stop()).code).toBe(0);
  await room.remove();
});

interface Server {
  readonly url: string;
  stop(): Promise<Outcome>;
  readonly ended: Promise<Outcome>;
}

/** Starts `kintsugi serve` on a free port. Searches take as long as `iterations` says. */
function serve(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const search = ["--device", "cpu", "--optimizer", "adam", "--starts", "1", "--patience", "0", "--iterations", "5"];
    const limits = ["--queue", "2", "--max-bytes", "100000", "--port", "0"];
    const ended = verb("serve", ["--model", model, "--json", "--quiet", ...limits, ...search], (text) => {
      const line = text.startsWith("{") ? (JSON.parse(text) as { t: string; port?: number }) : undefined;
      if (line?.t !== "listening") return;
      const stop = () => {
        process.emit("SIGTERM", "SIGTERM");
        return ended;
      };
      resolve({ url: `http://127.0.0.1:${line.port}`, stop, ended });
    });
    ended.then(({ err }) => reject(new Error(err)), reject);
  });
}

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
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

it("completes JSON: known pixels stay, the hole changes", async () => {
  const image = `data:image/png;base64,${await base64("face.png")}`;
  const response = await post({ image, mask: await base64("hole.png"), seed: 3, blend: "none" });
  expect(response.status).toBe(200);
  const result = (await response.json()) as { image: string; iterations: number; total: number };
  expect(result).toMatchObject({ iterations: 5, total: expect.any(Number), contextual: expect.any(Number) });
  const before = await rawPixels(await readFile(room.at("face.png")));
  const after = await rawPixels(Buffer.from(result.image.split(",")[1]!, "base64"));
  const hole = (at: number) => {
    const [row, column] = [Math.floor(at / 48), Math.floor(at / 3) % 16];
    return row > 4 && row < 9 && column > 6;
  };
  expect(after.filter((_, at) => !hole(at))).toEqual(before.filter((_, at) => !hole(at)));
  expect(after.filter((_, at) => hole(at))).not.toEqual(before.filter((_, at) => hole(at)));
});

it("completes a multipart JPEG, by the README's curl", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
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
  expect((await fetch(`${running.url}/`)).status).toBe(404);
  const wrong = await fetch(`${running.url}/v1/complete`);
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  const large = await post({ image: "A".repeat(100_000) });
  expect([large.status, await errorOf(large)]).toEqual([413, expect.stringMatching(/larger than 100000 bytes/)]);
  expect(await (await fetch(`${running.url}/healthz`)).json()).toMatchObject({ status: "ok", size: 16, waiting: 0 });
});

it("turns away with 503 what the queue cannot hold, and ends a search whose client hangs up", async () => {
  const image = await base64("face.png");
  const client = new AbortController();
  const before = await metric("abandoned_total");
  const long = () => post({ image, iterations: 1000 }, { signal: client.signal }).catch((error: Error) => error.name);
  const waiting = [long(), long()];
  await until(async () => (await metric("queue_length")) === 2);
  const refused = await post({ image });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  const iterated = await metric("completion_seconds_count");
  client.abort();
  expect(await Promise.all(waiting)).toEqual(["AbortError", "AbortError"]);
  await until(async () => (await metric("queue_length")) === 0);
  expect([await metric("abandoned_total"), await metric("completion_seconds_count")]).toEqual([before + 2, iterated]);
  expect((await post({ image })).status).toBe(200);
});

it("finishes what is at hand on SIGTERM, and takes nothing new", async () => {
  const image = await base64("face.png");
  const { url } = running;
  const last = post({ image, iterations: 300 });
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
