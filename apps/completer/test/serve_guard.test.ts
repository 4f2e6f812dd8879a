/** Who may use the service: names of hosts, pages of other origins, tokens, probes. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRoom, type Room, verb } from "./room.js";
import { type Answer, ask, type Serving, serve } from "./serving.js";

const TOKEN = "0123456789abcdef0123456789abcdef";
let room: Room;
let model: string;
let json: string;
beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  await room.picture("face.png");
  await writeFile(room.at("token"), `${TOKEN}\n`);
  json = JSON.stringify({ image: (await readFile(room.at("face.png"))).toString("base64"), iterations: 1 });
});
afterAll(() => room.remove());

async function serving(options: readonly string[], use: (running: Serving) => Promise<void>): Promise<void> {
  const running = await serve(model, ...options);
  try {
    await use(running);
  } finally {
    expect((await running.stop()).code).toBe(0);
  }
}

const post = ({ port }: Serving, headers: Record<string, string>, body = json) =>
  ask(port, "/v1/complete", { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
const errorOf = ({ status, text }: Answer) => `${status} ${(JSON.parse(text) as { error: string }).error}`;

it("answers to names of this machine alone, and to those that are allowed", () =>
  serving(["--allow-host", "faces.example,other.example"], async (running) => {
    const mine = ["127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "[::1]", "127.0.0.2", "Faces.example"];
    for (const host of mine) {
      expect([host, (await post(running, { host: `${host}:${running.port}` })).status]).toEqual([host, 200]);
    }
    const others = [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "10.0.0.1",
      "a@localhost",
      "a b",
    ];
    for (const host of others) {
      const answers = [await post(running, { host }), await ask(running.port, "/", { headers: { host } })];
      for (const answer of answers) expect(errorOf(answer)).toMatch(/^421 .* no name of this service; .* --allow-host/);
      // Probes come by address.
      expect((await ask(running.port, "/healthz", { headers: { host } })).status).toBe(200);
    }
  }));

it("works for no page of another origin", () =>
  serving([], async (running) => {
    const own = { host: `localhost:${running.port}` };
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `http://localhost:${running.port + 1}` },
      { origin: `http://127.0.0.1:${running.port}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      { origin: `http://localhost:${running.port}`, "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      // What a form, and fetch with no-cors, may send unasked.
      const answer = await post(running, { ...own, ...headers, "content-type": "multipart/form-data; boundary=x" });
      expect(errorOf(answer)).toMatch(/^403 pages of .* may not use this service; start it with --allow-origin/);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    const preflight = await ask(running.port, "/v1/complete", {
      method: "OPTIONS",
      headers: { ...own, origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([403, undefined]);
    const welcome: Record<string, string>[] = [
      {},
      { origin: `http://localhost:${running.port}`, "sec-fetch-site": "same-origin" },
      { origin: `https://localhost:${running.port}` },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of welcome) expect((await post(running, { ...own, ...headers })).status).toBe(200);
    // A link from another page.
    const link = { ...own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await ask(running.port, "/", { headers: link })).status).toBe(200);
  }));

it("lets pages of allowed origins ask and read, refusals too", () =>
  serving(["--allow-origin", "https://app.example, http://localhost:3000"], async (running) => {
    const origin = "https://app.example";
    const headers = { origin, "sec-fetch-site": "cross-site" };
    const preflight = await ask(running.port, "/v1/complete", {
      method: "OPTIONS",
      headers: {
        ...headers,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
        "access-control-request-private-network": "true",
      },
    });
    expect([preflight.status, preflight.text]).toEqual([204, ""]);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers": "Authorization, Content-Type, Accept",
      "access-control-allow-private-network": "true",
      vary: "Origin",
    });
    for (const [body, status] of [
      [json, 200],
      ["{", 400],
    ] as const) {
      const answer = await post(running, headers, body);
      expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([status, origin]);
    }
    expect((await post(running, { origin: "http://localhost:3000" })).status).toBe(200);
    expect((await post(running, { origin: "https://app.example.evil.example" })).status).toBe(403);
  }));

it("asks for the token, wherever it listens", () =>
  serving(["--token-file", room.at("token"), "--host", "0.0.0.0"], async (running) => {
    for (const authorization of ["", "Bearer", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`]) {
      const answer = await post(running, { authorization });
      expect([errorOf(answer), answer.headers["www-authenticate"]]).toEqual([
        expect.stringMatching(/^401 send Authorization: Bearer/),
        'Bearer realm="kintsugi"',
      ]);
    }
    expect((await post(running, { authorization: `bearer ${TOKEN}` })).status).toBe(200);
    expect((await ask(running.port, "/openapi.json")).status).toBe(401);
    expect((await ask(running.port, "/healthz")).status).toBe(200);
  }));

it("answers probes on a port of their own", () =>
  serving(["--probe-port", "0"], async ({ port, probePort }) => {
    const paths = ["/healthz", "/metrics", "/openapi.json"];
    const statuses = async (at: number) => Promise.all(paths.map(async (path) => (await ask(at, path)).status));
    expect(await statuses(port)).toEqual([404, 404, 200]);
    expect(await statuses(probePort!)).toEqual([200, 200, 404]);
  }));

it("answers HEAD and OPTIONS", () =>
  serving([], async ({ port }) => {
    for (const path of ["/", "/healthz", "/metrics", "/openapi.json", "/image-completer.js"]) {
      const [get, head] = [await ask(port, path), await ask(port, path, { method: "HEAD" })];
      expect([head.status, head.text]).toEqual([200, ""]);
      if (path !== "/metrics") expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    }
    const options = await ask(port, "/v1/complete", { method: "OPTIONS" });
    expect([options.status, options.headers.allow]).toEqual([204, "POST, OPTIONS"]);
    expect((await ask(port, "/healthz", { method: "OPTIONS" })).headers.allow).toBe("GET, HEAD, OPTIONS");
    expect((await ask(port, "/healthz", { method: "DELETE" })).status).toBe(405);
  }));

it("serves a page and all that it needs, with a policy that lets it reach nothing else", () =>
  serving([], async ({ port }) => {
    const page = await ask(port, "/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    const named = [...page.text.matchAll(/(?:src|href|model)="([\w.-]+)"/g)].map(([, name]) => name!);
    expect(named).toEqual(["page.css", "image-completer.js", "model.safetensors"]);
    for (const name of [...named, "image-completer.worker.js", "image-completer.cpu.wasm"]) {
      const { status, headers } = await ask(port, `/${name}`);
      expect([name, status, headers["content-security-policy"]]).toEqual([name, 200, expect.any(String)]);
      const again = await ask(port, `/${name}`, { headers: { "if-none-match": headers.etag ?? "" } });
      if (headers.etag) expect([again.status, again.text]).toEqual([304, ""]);
    }
    expect(Buffer.byteLength((await ask(port, "/model.safetensors")).text, "utf8")).toBeGreaterThan(1000);
  }));

it("refuses options that would let everybody in, or mean nothing", async () => {
  await writeFile(room.at("short"), "secret\n");
  const cases: [string[], RegExp][] = [
    [["--host", "0.0.0.0"], /--host 0.0.0.0 lets other machines in: give --token-file FILE, or --without-token/],
    [["--host", "::"], /lets other machines in/],
    [["--token-file", room.at("none")], /there is no such file/],
    [["--token-file", room.at("short")], /at least 16 printable characters/],
    [["--token-file", room.at("token"), "--without-token"], /contradict each other/],
    [["--allow-origin", "example.org"], /Give origins such as https:\/\/example\.org/],
    [["--allow-origin", "https://example.org/path"], /Give origins/],
    [["--allow-host", "http://example.org"], /Give names of hosts/],
    [["--probe-port", "70000"], /port/],
  ];
  for (const [options, line] of cases) {
    const { code, err } = await verb("serve", ["--model", model, "--device", "cpu", "--port", "0", ...options]);
    expect([code, err]).toEqual([2, expect.stringMatching(line)]);
  }
});
