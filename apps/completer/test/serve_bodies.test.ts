/** Bodies as browsers, curl and HTTP libraries write them, byte for byte, and what of them is refused. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { type Body, fieldsOf } from "../src/serve/body.js";
import { readFields } from "../src/serve/fields.js";

let png: Buffer;
beforeAll(async () => {
  png = await sharp({ create: { width: 9, height: 7, channels: 3, background: "#345" } })
    .png()
    .toBuffer();
});

/** What is read of a body. */
const read = async (type: string, bytes: Uint8Array, encoding = "identity", most = 100_000) =>
  readFields(await fieldsOf({ type, encoding, bytes } satisfies Body, most));
const refused = (type: string, bytes: Uint8Array, encoding?: string, most?: number) =>
  read(type, bytes, encoding, most).then(
    () => "taken",
    ({ status, message }) => `${status} ${message}`,
  );

/** A form from the lines of its parts' headers and their content. */
const form = (boundary: string, parts: readonly (readonly [string, string | Uint8Array])[], preamble = "") =>
  Buffer.concat([
    Buffer.from(preamble),
    ...parts.flatMap(([head, content]) => [
      Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
const lines = (...all: string[]) => all.join("\r\n");

/** name, Content-Type of the request, boundary, headers of the image's part, headers of the seed's part, preamble */
const CLIENTS: [string, string, string, string, string, string?][] = [
  [
    "Chrome's FormData",
    "multipart/form-data; boundary=----WebKitFormBoundaryq7YbX2kT0ZrV9mLc",
    "----WebKitFormBoundaryq7YbX2kT0ZrV9mLc",
    lines('Content-Disposition: form-data; name="image"; filename="Foto größer.png"', "Content-Type: image/png"),
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    "Firefox's form",
    "multipart/form-data; boundary=---------------------------9051914041544843365972754266",
    "---------------------------9051914041544843365972754266",
    lines('Content-Disposition: form-data; name="image"; filename="a %22b%22.png"', "Content-Type: image/png"),
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    "curl",
    "multipart/form-data; boundary=------------------------d74496d66958873e",
    "------------------------d74496d66958873e",
    lines('Content-Disposition: form-data; name="image"; filename="a.png"', "Content-Type: image/png"),
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    "curl --form-escape",
    "multipart/form-data; boundary=------------------------d74496d66958873e",
    "------------------------d74496d66958873e",
    lines(
      String.raw`Content-Disposition: form-data; name="image"; filename="my \"best\" \\ one.png"`,
      "Content-Type: image/png",
    ),
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    ".NET's MultipartFormDataContent",
    'multipart/form-data; boundary="8f3b1c5d-6a7e-4e0b-9c58-2b1f0a7d4e11"',
    "8f3b1c5d-6a7e-4e0b-9c58-2b1f0a7d4e11",
    lines(
      "Content-Type: image/png",
      "Content-Disposition: form-data; name=image; filename=a.png; filename*=utf-8''a.png",
    ),
    lines("Content-Type: text/plain; charset=utf-8", "Content-Disposition: form-data; name=seed"),
  ],
  [
    ".NET's ByteArrayContent, without a file's name or type",
    'multipart/form-data; boundary="8f3b1c5d-6a7e-4e0b-9c58-2b1f0a7d4e11"',
    "8f3b1c5d-6a7e-4e0b-9c58-2b1f0a7d4e11",
    "Content-Disposition: form-data; name=image",
    lines("Content-Type: text/plain; charset=utf-8", "Content-Disposition: form-data; name=seed"),
  ],
  [
    "Java's Apache HttpClient",
    "multipart/form-data; boundary=fXyq0aQ1xXbq3pGmM8R; charset=ISO-8859-1",
    "fXyq0aQ1xXbq3pGmM8R",
    lines(
      'Content-Disposition: form-data; name="image"; filename="a.png"',
      "Content-Type: application/octet-stream",
      "Content-Transfer-Encoding: binary",
    ),
    lines(
      'Content-Disposition: form-data; name="seed"',
      "Content-Type: text/plain; charset=ISO-8859-1",
      "Content-Transfer-Encoding: 8bit",
    ),
  ],
  [
    "Java's OkHttp",
    "multipart/form-data; boundary=f2a7a2c8-7e0a-4a4b-b9f0-1d6b6a0f5d57",
    "f2a7a2c8-7e0a-4a4b-b9f0-1d6b6a0f5d57",
    lines(
      'Content-Disposition: form-data; name="image"; filename="a.png"',
      "Content-Type: image/png",
      "Content-Length: 999",
    ),
    lines('Content-Disposition: form-data; name="seed"', "Content-Length: 1"),
  ],
  [
    "Python's requests",
    "multipart/form-data; boundary=5e1f8a3c2b9d4e7f8a1b2c3d4e5f6071",
    "5e1f8a3c2b9d4e7f8a1b2c3d4e5f6071",
    'Content-Disposition: form-data; name="image"; filename="a.png"',
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    "Python's aiohttp",
    "multipart/form-data; boundary=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    lines("Content-Type: application/octet-stream", `Content-Disposition: form-data; name="image"; filename="a.png"`),
    lines("Content-Type: text/plain; charset=utf-8", 'Content-Disposition: form-data; name="seed"'),
  ],
  [
    "Go's mime/multipart",
    "multipart/form-data; boundary=e2b7f1a90c3d5846a1b2c3d4e5f60718293a4b5c6d7e8f901234567890ab",
    "e2b7f1a90c3d5846a1b2c3d4e5f60718293a4b5c6d7e8f901234567890ab",
    lines('Content-Disposition: form-data; name="image"; filename="a.png"', "Content-Type: application/octet-stream"),
    'Content-Disposition: form-data; name="seed"',
  ],
  [
    "a mail library: a preamble, other cases, no spaces",
    "Multipart/Form-Data;Boundary=abc",
    "abc",
    'content-disposition:form-data;name="image";filename="a.png"',
    'content-disposition:form-data;name="seed"',
    "This is a multi-part message in MIME format.\r\n",
  ],
];

it.each(CLIENTS)("takes what %s sends", async (_, type, boundary, image, seed, preamble) => {
  const asked = await read(
    type,
    form(
      boundary,
      [
        [image, png],
        [seed, "7"],
      ],
      preamble,
    ),
  );
  expect({ ...asked, image: Buffer.from(asked.image) }).toEqual({ image: png, seed: 7 });
});

const TYPE = "multipart/form-data; boundary=b";
const field = (name: string, rest = "") => `Content-Disposition: form-data; name="${name}"${rest}`;

it("takes HTML forms whose optional fields were left empty, and null in JSON", async () => {
  const none = lines(field("mask", '; filename=""'), "Content-Type: application/octet-stream");
  const rest = ["missing", "region", "landmarks", "iterations", "seed", "lambda", "blend"];
  const parts = rest.map((name) => [field(name), ""] as const);
  const asked = await read(TYPE, form("b", [[field("image", '; filename="a.png"'), png], [none, ""], ...parts]));
  expect(Object.keys(asked)).toEqual(["image"]);
  const nothing = Object.fromEntries(["mask", ...rest].map((name) => [name, null]));
  const json = JSON.stringify({ image: png.toString("base64"), ...nothing });
  expect(Object.keys(await read("application/json", Buffer.from(json)))).toEqual(["image"]);
  expect(await refused(TYPE, form("b", [[field("image", '; filename=""'), ""]]))).toMatch(/^400 image is missing/);
});

it("takes base64 in lines, in either alphabet, and data URLs; text and masks in forms", async () => {
  const base64 = Buffer.concat(Array(9).fill(png)).toString("base64");
  const spelt = [
    base64.replace(/.{76}/g, "$&\n"),
    ` ${base64.replace(/.{76}/g, "$&\r\n")}\n`,
    base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
    `data:image/png;base64,${base64}`,
    `\nDATA:image/png;name=a.png;base64,${base64}`,
  ];
  for (const image of spelt) {
    const asked = await read("application/json; charset=utf-8", Buffer.from(JSON.stringify({ image, mask: image })));
    for (const bytes of [asked.image, asked.mask as Uint8Array]) {
      expect(Buffer.from(bytes).toString("base64")).toBe(base64);
    }
  }
  const texts = { mask: "alpha", iterations: "12", lambda: "0.5", landmarks: "auto", region: "auto" };
  const parts = Object.entries(texts).map(([name, text]) => [field(name), text] as const);
  const asked = await read(TYPE, form("b", [[field("image"), base64], ...parts]));
  expect(asked).toMatchObject({ mask: "alpha", iterations: 12, lambda: 0.5, landmarks: "auto", region: "auto" });
  expect(Buffer.from(asked.image).toString("base64")).toBe(base64);
});

it("unpacks gzip, deflate and brotli, no further than a body may be", async () => {
  const json = Buffer.from(`\ufeff${JSON.stringify({ image: png.toString("base64"), seed: 3 })}`);
  const packed = { gzip: gzipSync(json), deflate: deflateSync(json), br: brotliCompressSync(json) };
  for (const [encoding, bytes] of Object.entries(packed)) {
    expect((await read("application/json", bytes, encoding)).seed).toBe(3);
  }
  const bomb = gzipSync(Buffer.alloc(10_000_000));
  expect(await refused("application/json", bomb, "gzip")).toBe("413 the body is larger than 100000 bytes unpacked");
  expect(await refused("application/json", json, "gzip")).toMatch(
    /^400 the body is not gzip, as its Content-Encoding says/,
  );
  expect(await refused("application/json", json, "zstd")).toMatch(/^415 Content-Encoding zstd is not known: .* gzip, /);
  const utf16 = Buffer.from(JSON.stringify({ image: png.toString("base64") }), "utf16le");
  expect((await read("application/json; charset=utf-16le", utf16)).image.length).toBe(png.length);
  expect(await refused("application/json; charset=klingon", json)).toMatch(/^415 charset klingon/);
});

it("says what is wrong with a form", async () => {
  const whole = form("b", [[field("image", '; filename="a.png"'), png]]);
  const unix = Buffer.from(`--b\n${field("seed")}\n\n1\n--b--\n`);
  const cases: [Uint8Array, RegExp, string?][] = [
    [whole.subarray(0, whole.length - 20), /^400 the form cannot be read: it is damaged or cut short/],
    [Buffer.from("no parts"), /^400 the form cannot be read: it is damaged or cut short/],
    [unix, /its lines end in LF; they must end in CRLF/],
    [whole, /names no boundary/, "multipart/form-data"],
    [
      form("b", [
        [field("seed"), "1"],
        [field("seed"), "2"],
      ]),
      /there are two fields seed; send one/,
    ],
    [form("b", [["Content-Disposition: form-data", "1"]]), /one of its parts has no name/],
    [form("b", Array(250_000).fill([field("x"), ""])), /more than 32 parts/],
    [whole, /^415 send application\/json or multipart\/form-data; not image\/png/, "image/png"],
    [whole, /^415 .*there is no Content-Type/, ""],
  ];
  for (const [bytes, reason, type = TYPE] of cases) expect(await refused(type, bytes)).toMatch(reason);
});

it("cuts what it quotes to a line", async () => {
  const long = JSON.stringify({ image: png.toString("base64"), [`a\n${"b".repeat(450_000)}`]: 1 });
  const said = await refused("application/json", Buffer.from(long));
  expect(said).toMatch(/^400 there is no field a b+; there are image, mask/);
  expect(said.length).toBeLessThan(320);
});
