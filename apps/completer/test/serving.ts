/** `kintsugi serve` in this process, as tests meet it. */
import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { connect, type Socket } from "node:net";
import { type Outcome, verb } from "./room.js";

export interface Serving {
  readonly url: string;
  readonly port: number;
  readonly probePort?: number;
  /** SIGTERM. */
  stop(): Promise<Outcome>;
  readonly ended: Promise<Outcome>;
}

/** Starts `kintsugi serve` on a free port. Searches take as long as `iterations` says. */
export function serve(model: string, ...more: string[]): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const search = ["--device", "cpu", "--optimizer", "adam", "--starts", "4", "--patience", "0", "--iterations", "5"];
    const points = ["--template", "0.3,0.4,0.7,0.4,0.5,0.6,0.35,0.8,0.65,0.8"];
    const limits = ["--queue", "4", "--max-bytes", "100000", "--max-pixels", "10000", "--port", "0", ...points];
    const ended = verb("serve", ["--model", model, "--json", "--quiet", ...limits, ...search, ...more], (text) => {
      const line = text.startsWith("{") ? (JSON.parse(text) as Listening) : undefined;
      if (line?.t !== "listening") return;
      const stop = () => {
        process.emit("SIGTERM", "SIGTERM");
        return ended;
      };
      const { port, probePort } = line;
      resolve({ url: `http://127.0.0.1:${port}`, port, ...(probePort ? { probePort } : {}), stop, ended });
    });
    ended.then(({ err }) => reject(new Error(err)), reject);
  });
}

interface Listening {
  readonly t: string;
  readonly port: number;
  readonly probePort?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with any headers, Host and Origin too, which fetch keeps to itself. */
export function ask(
  port: number,
  path: string,
  { body, ...options }: RequestOptions & { readonly body?: string | Uint8Array } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false, ...options }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    sent.once("error", reject).end(body);
  });
}

/** A connection that sends a few bytes and then nothing; `closed` says what came back. */
export async function hold(port: number, bytes: string): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  let got = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    got += text;
  });
  const closed = new Promise<string>((resolve) => {
    socket.on("error", () => {}).once("close", () => resolve(got));
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  if (bytes !== "") await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return { socket, closed };
}

/** The whole of a request for a completion whose body goes on. */
export const halfUpload = (length = 1000) =>
  `POST /v1/complete HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{`;

/** Milliseconds until /healthz has answered with 200. Throws where it does not. */
export async function health(port: number): Promise<number> {
  const began = performance.now();
  const { status } = await ask(port, "/healthz");
  if (status !== 200) throw new Error(`/healthz answers ${status}`);
  return performance.now() - began;
}

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
