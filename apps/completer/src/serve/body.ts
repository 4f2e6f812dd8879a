/** The body of a request, unpacked and taken apart into fields: JSON or multipart, as browsers and HTTP libraries write them. */
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { Busboy } from "@fastify/busboy";
import { Refusal } from "./refusal.js";

/** A body as it came. */
export interface Body {
  /** The Content-Type header. */
  readonly type: string;
  /** The Content-Encoding header. */
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

/** Text, bytes of a file, or whatever JSON holds; what was left empty is not there. */
export type Fields = ReadonlyMap<string, unknown>;

/** Parts of a form: there are nine fields, and some buttons. */
const MOST_PARTS = 32;
/** Bytes of a form that are read before it is asked whether the rest is worth it. */
const STRETCH = 64 * 1024;
const UNPACKERS = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

/** Refuses what cannot be read before any of it is sent. Throws Refusal: 415. */
export function checkHeaders({ type, encoding }: Omit<Body, "bytes">): void {
  if (!isJson(type) && !/^multipart\/form-data\s*(;|$)/i.test(type)) {
    const sent = type === "" ? "there is no Content-Type" : `not ${type}`;
    throw new Refusal(415, `send application/json or multipart/form-data; ${sent}`, { accept: ACCEPTED });
  }
  if (encoding !== "identity" && !Object.hasOwn(UNPACKERS, encoding)) {
    const known = Object.keys(UNPACKERS).join(", ");
    throw new Refusal(415, `Content-Encoding ${encoding} is not known: send the body as it is, or in ${known}`, {
      "accept-encoding": known,
    });
  }
}

const ACCEPTED = "application/json, multipart/form-data";
const isJson = (type: string) => /^application\/json\s*(;|$)/i.test(type);

/** Throws Refusal: 400, 413, 415. */
export async function fieldsOf(body: Body, maxBytes: number): Promise<Fields> {
  checkHeaders(body);
  const bytes = await unpacked(body, maxBytes);
  const fields = isJson(body.type) ? jsonFields(bytes, body.type) : await formFields(bytes, body.type);
  return new Map([...fields].filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (value instanceof Uint8Array && value.length === 0);
}

async function unpacked({ encoding, bytes }: Body, maxBytes: number): Promise<Uint8Array> {
  if (encoding === "identity") return bytes;
  try {
    return await UNPACKERS[encoding as keyof typeof UNPACKERS](bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw new Refusal(413, `the body is larger than ${maxBytes} bytes unpacked`);
    throw new Refusal(400, `the body is not ${encoding}, as its Content-Encoding says, or it is cut short`);
  }
}

function jsonFields(bytes: Uint8Array, type: string): Iterable<[string, unknown]> {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(type)?.[1] ?? "utf-8";
  let object: unknown;
  try {
    // Decoding drops a byte order mark.
    object = JSON.parse(new TextDecoder(charset, { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(415, `charset ${charset} is not known: send UTF-8`);
    throw new Refusal(400, "the body is no JSON: it is damaged or cut short");
  }
  if (typeof object === "object" && object !== null && !Array.isArray(object)) return Object.entries(object);
  throw new Refusal(400, "the body is no JSON object");
}

/** Every part is taken as bytes: clients disagree about which of them are files. */
function formFields(bytes: Uint8Array, type: string): Promise<Map<string, unknown>> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, unknown>();
    let over = false;
    const refuse = (reason: string) => {
      over = true;
      reject(new Refusal(400, `the form cannot be read: ${reason}`));
    };
    let nameless = false;
    const boundary = /;\s*boundary=("?)([^";]+)\1/i.exec(type)?.[2]?.trim();
    const damaged = () => {
      const unixLines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(`--${boundary}\n`);
      refuse(unixLines ? "its lines end in LF; they must end in CRLF" : "it is damaged or cut short");
    };
    if (!boundary) return refuse("its Content-Type names no boundary; let your HTTP library write that header");
    const form = new Busboy({
      headers: { "content-type": `multipart/form-data; boundary="${boundary}"` },
      isPartAFile: () => true,
      limits: { parts: MOST_PARTS, headerPairs: 32, headerSize: 16 * 1024 },
    });
    form.on("file", (name: string | undefined, part, filename: string | undefined) => {
      const chunks: Buffer[] = [];
      part.on("data", (chunk: Buffer) => chunks.push(chunk));
      part.on("error", damaged);
      part.on("end", () => {
        if (name === undefined) nameless = true;
        else if (fields.has(name)) refuse(`there are two fields ${name}; send one`);
        else fields.set(name, partValue(Buffer.concat(chunks), filename));
      });
    });
    form.on("partsLimit", () => refuse(`it has more than ${MOST_PARTS} parts`));
    form.on("error", damaged);
    form.on("finish", () => {
      if (nameless) refuse("one of its parts has no name");
      else if (fields.size === 0) damaged();
      else resolve(fields);
    });
    const feed = async () => {
      for (let at = 0; at < bytes.length && !over; at += STRETCH) {
        const stretch = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(STRETCH, bytes.length - at));
        await new Promise((next) => form.write(stretch, next));
      }
      form.end();
    };
    feed().catch(damaged);
  });
}

function partValue(bytes: Buffer, filename: string | undefined): string | Buffer {
  return filename === undefined && isUtf8(bytes) ? bytes.toString("utf8") : bytes;
}
