/** The body of a request, taken apart into fields: JSON or multipart, no longer than it may be. */
import type { IncomingMessage } from "node:http";

/** A request that cannot be served, and how that is said. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Fields = ReadonlyMap<string, unknown>;

/** Files are Buffers, all else is as it was sent. Throws Refusal: 400, 413, 415. */
export async function fieldsOf(request: IncomingMessage, maxBytes: number): Promise<Fields> {
  const type = request.headers["content-type"] ?? "";
  const json = /^application\/json\b/i.test(type);
  if (!json && !/^multipart\/form-data\b/i.test(type)) {
    throw new Refusal(415, "send application/json or multipart/form-data");
  }
  const body = await bodyOf(request, maxBytes);
  try {
    if (!json) {
      const form = await new Response(body, { headers: { "content-type": type } }).formData();
      const whole = async (part: string | File) => (typeof part === "string" ? part : Buffer.from(await part.bytes()));
      return new Map(await Promise.all([...form].map(async ([name, part]) => [name, await whole(part)] as const)));
    }
    const object: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof object === "object" && object !== null && !Array.isArray(object)) return new Map(Object.entries(object));
  } catch {
    throw new Refusal(400, `the body is no ${json ? "JSON" : "multipart form"}: it is damaged or cut short`);
  }
  throw new Refusal(400, "the body is no JSON object");
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const refusal = new Refusal(413, `the body is larger than ${maxBytes} bytes; shrink the image first`);
  if (Number(request.headers["content-length"]) > maxBytes) throw refusal;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw refusal;
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts));
}
