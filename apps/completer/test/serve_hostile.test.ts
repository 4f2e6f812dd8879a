/** The service among clients that mean it ill, or do not know what they do: it answers everybody else, and it ends. */

import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createRoom, type Room } from "./room.js";
import { ask, halfUpload, health, hold, type Serving, serve, until } from "./serving.js";

/** /healthz is promised within a second; the search and the tests share its thread with it here. */
const PROMPT = 1000;
const LIMITS = ["--max-pixels", "40000000", "--max-bytes", "16000000", "--timeout", "60"];
const JSON_TYPE = { "content-type": "application/json" };
let room: Room;
let model: string;
let face: string;
/** 6,300² pixels, all black but for a row, in a few kilobytes: all that is black is missing. */
let vast: string;
let running: Serving;
beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  await room.picture("face.png");
  face = (await readFile(room.at("face.png"))).toString("base64");
  const create = { width: 6300, height: 6299, channels: 3, background: "#000" } as const;
  const row = { top: 1, background: "#fff" };
  const png = await sharp({ create }).extend(row).png({ compressionLevel: 9, palette: true }).toBuffer();
  vast = JSON.stringify({ image: png.toString("base64"), mask: "color:#000000", region: "auto" });
});
beforeEach(async () => {
  running = await serve(model, ...LIMITS);
  return async () => {
    await running.stop();
  };
});
afterAll(() => room.remove());

const post = (body: string, signal?: AbortSignal) =>
  ask(running.port, "/v1/complete", { method: "POST", headers: JSON_TYPE, body, ...(signal ? { signal } : {}) });
const honest = async () => (await post(JSON.stringify({ image: face, iterations: 1 }))).status;
const metric = async (name: string) => {
  const { text } = await ask(running.port, "/metrics");
  return Number(new RegExp(`^kintsugi_${name} (.*)$`, "m").exec(text)?.[1]);
};
/** The slowest answer of /healthz while something goes on. */
async function watched(work: Promise<unknown>): Promise<number> {
  let [over, worst] = [false, 0];
  const end = work.finally(() => {
    over = true;
  });
  while (!over) {
    worst = Math.max(worst, await health(running.port));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await end;
  return worst;
}

it("goes on answering while pictures of forty million pixels are worked on, and drops them with their clients", async () => {
  expect(await honest()).toBe(200);
  const client = new AbortController();
  const sent = Promise.all([1, 2].map(() => post(vast, client.signal).catch(() => "gone")));
  await until(async () => (await metric("queue_length")) === 2);
  setTimeout(() => client.abort(), 4000);
  expect(await watched(sent)).toBeLessThan(PROMPT);
  const left = performance.now();
  await until(async () => (await metric("queue_length")) === 0);
  expect(performance.now() - left).toBeLessThan(PROMPT);
  // Both processes for pictures are free again.
  expect(await Promise.all([honest(), honest()])).toEqual([200, 200]);
});

it("ends what takes longer than --timeout", async () => {
  await running.stop();
  running = await serve(model, ...LIMITS, "--timeout", "2");
  const late = post(vast);
  expect(await watched(late)).toBeLessThan(PROMPT);
  expect([(await late).status, (await late).text]).toEqual([504, expect.stringMatching(/longer than 2 s/)]);
  // Two seconds may be too few for the first of a new process.
  await until(async () => (await honest()) === 200);
});

it("serves honest clients beside a hundred that drip", async () => {
  const drips = await Promise.all(Array.from({ length: 100 }, () => hold(running.port, halfUpload(100_000))));
  const timer = setInterval(() => {
    for (const { socket } of drips) socket.write("x");
  }, 500);
  try {
    await until(async () => (await metric("uploads")) === 100);
    for (let i = 0; i < 5; i++) expect([await honest(), (await health(running.port)) < PROMPT]).toEqual([200, true]);
    const [answer] = await Promise.all(drips.map(({ closed }) => closed));
    expect(answer).toMatch(/^HTTP\/1.1 408 [\s\S]*less than 5120 bytes in 5 s/);
    expect(await metric("uploads")).toBe(0);
  } finally {
    clearInterval(timer);
    for (const { socket } of drips) socket.destroy();
  }
});

it("goes on answering among bodies that are costly to take apart", async () => {
  const parts = Buffer.from(
    `${'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n'.repeat(250_000)}--b--\r\n`,
  );
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const nested = Buffer.from(`{"image":${"[".repeat(5_000_000)}`);
  const bomb = gzipSync(Buffer.alloc(200_000_000, "[]"), { level: 9 });
  const blanks = Buffer.from(JSON.stringify({ image: `${" ".repeat(10_000_000)}!` }));
  const bodies: [Uint8Array, object, number][] = [
    [parts, headers, 400],
    [nested, JSON_TYPE, 400],
    [bomb, { ...JSON_TYPE, "content-encoding": "gzip" }, 413],
    [blanks, JSON_TYPE, 400],
    [Buffer.alloc(17_000_000), JSON_TYPE, 413],
  ];
  for (const [body, kind, status] of bodies) {
    const sent = ask(running.port, "/v1/complete", { method: "POST", headers: { ...kind }, body });
    expect(await watched(sent)).toBeLessThan(PROMPT);
    expect((await sent).status).toBe(status);
  }
  expect(await honest()).toBe(200);
});

it("turns the slowest uploads away where there is no memory for all", async () => {
  await running.stop();
  running = await serve(model, ...LIMITS, "--max-bytes", "100000", "--queue", "1");
  const slow = await hold(running.port, halfUpload(90_000));
  const fast = await hold(running.port, halfUpload(90_000));
  await until(async () => (await metric("uploads")) === 2);
  slow.socket.write(Buffer.alloc(20_000, " "));
  fast.socket.write(Buffer.alloc(85_000, " "));
  expect(await slow.closed).toMatch(/^HTTP\/1.1 503 [\s\S]*too much is being uploaded at once/);
  expect(await metric("uploads")).toBe(1);
  fast.socket.destroy();
  expect(await honest()).toBe(200);
});

/** Milliseconds: the longest grace of the service, and more than as much again for a busy machine. */
const ENDS = 25_000;

it.each([
  ["that sent nothing", ""],
  ["with half a request line", "GET /hea"],
  ["with half its headers", "GET /healthz HTTP/1.1\r\nHost: 127"],
  ["kept alive", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["whose upload stalls", halfUpload()],
  ["that takes no answer", `GET /image-completer.cpu.wasm HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
])("ends on SIGTERM beside a connection %s", async (_, bytes) => {
  const { closed, socket } = await hold(running.port, bytes);
  if (bytes.includes("wasm")) socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  const { code, lines } = await running.stop();
  expect([code, lines.at(-1)]).toEqual([0, { t: "end" }]);
  expect(performance.now() - began).toBeLessThan(ENDS);
  socket.resume();
  if (bytes.startsWith("POST")) expect(await closed).toMatch(/^HTTP\/1.1 503 [\s\S]*shutting down/);
});

it("ends on SIGTERM while pictures are worked on, with a refusal for them, and answers what is searched", async () => {
  const vastAnswers = [post(vast), post(vast)];
  await until(async () => (await metric("queue_length")) === 2);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const began = performance.now();
  const { code } = await running.stop();
  expect(code).toBe(0);
  expect(performance.now() - began).toBeLessThan(ENDS);
  for (const { status, headers } of await Promise.all(vastAnswers)) {
    expect([status, Number(headers["retry-after"]) > 0]).toEqual([503, true]);
  }
});

it("refuses SVG, however small", async () => {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="6000" height="6000"><filter id="f" x="0" y="0" width="1" height="1">
<feTurbulence baseFrequency="0.9" numOctaves="9"/></filter><rect width="6000" height="6000" filter="url(#f)"/></svg>`;
  const sent = post(JSON.stringify({ image: Buffer.from(drawing).toString("base64"), iterations: 1 }));
  expect(await watched(sent)).toBeLessThan(PROMPT);
  expect((await sent).status).toBe(400);
});
