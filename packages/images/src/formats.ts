/** The one list of formats that are read, for files, archives and the service alike. A file is what its first bytes say, whatever its name. */

interface Format {
  readonly name: string;
  /** Of names of files, in lower case. */
  readonly endings: readonly string[];
  readonly is: (bytes: Uint8Array) => boolean;
}

const latin = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
const begins =
  (...starts: readonly string[]) =>
  (bytes: Uint8Array) =>
    starts.some((start) => latin(bytes, 0, start.length) === start);

/** The brands of an ISO media file (ISO/IEC 14496-12, 4.3): what may read it. */
const brandsOf = (bytes: Uint8Array): string[] => {
  if (latin(bytes, 4, 8) !== "ftyp") return [];
  const end = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(latin(bytes, at, at + 4));
  return brands;
};

export const FORMATS: readonly Format[] = [
  { name: "PNG", endings: ["png"], is: begins("\x89PNG\r\n\x1a\n") },
  { name: "JPEG", endings: ["jpg", "jpeg", "jfif", "jpe"], is: begins("\xff\xd8\xff") },
  { name: "WebP", endings: ["webp"], is: (b) => latin(b, 0, 4) === "RIFF" && latin(b, 8, 12) === "WEBP" },
  { name: "GIF", endings: ["gif"], is: begins("GIF87a", "GIF89a") },
  { name: "TIFF", endings: ["tif", "tiff"], is: begins("II*\0", "MM\0*", "II+\0", "MM\0+") },
  { name: "AVIF", endings: ["avif"], is: (b) => brandsOf(b).some((brand) => brand === "avif" || brand === "avis") },
  { name: "BMP", endings: ["bmp", "dib"], is: (b) => latin(b, 0, 2) === "BM" && b.length >= 26 },
];

const NAMES = FORMATS.map(({ name }) => name);

/** "PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP". */
export const FORMAT_NAMES = `${NAMES.slice(0, -1).join(", ")} or ${NAMES.at(-1)}`;

const ENDINGS = new Set(FORMATS.flatMap(({ endings }) => endings));

/** The ending of a name in lower case, without its dot; empty where there is none. */
export const endingOf = (name: string): string => /\.([^./\\]{1,12})$/.exec(name)?.[1]?.toLowerCase() ?? "";

/** Whether a file is a picture by its name, in any letter case. */
export const hasImageName = (name: string): boolean => ENDINGS.has(endingOf(name));

/** The name of the format, or undefined for what is not read. */
export const formatOf = (bytes: Uint8Array): string | undefined => FORMATS.find(({ is }) => is(bytes))?.name;

/** Pictures that are not read, by their endings, and what to do. */
const EXPORT = "export them as JPEG or PNG";
export const UNREAD: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["heic", "heif", "jxl", "jp2", "psd", "xcf", "tga", "ico"].map((ending) => [ending, EXPORT])),
  ...Object.fromEntries(["dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2"].map((ending) => [ending, EXPORT])),
  ...Object.fromEntries(["svg", "pdf", "eps", "ai"].map((ending) => [ending, "export them as PNG"])),
  ...Object.fromEntries(["zip", "tar", "gz", "tgz", "7z", "rar"].map((ending) => [ending, "unpack them first"])),
};

/** Why bytes are no picture that is read, and the remedy. */
export const whyUnread = (bytes: Uint8Array): string => {
  const start = latin(bytes, 0, 200);
  const give = `give a ${FORMAT_NAMES} file`;
  if (bytes.length === 0) return "is empty; fetch or export it again";
  if (start.startsWith("version https://git-lfs")) return "is a Git LFS pointer, not the picture; run `git lfs pull`";
  if (/^(\xef\xbb\xbf)?\s*<(!doctype html|html)/i.test(start))
    return "is a web page, not a picture; download the picture";
  if (/<svg/i.test(start)) return "is an SVG drawing, which is not read; export it as PNG";
  if (brandsOf(bytes).some((brand) => /^(hei|hev|mif)/.test(brand)))
    return "is a HEIC photograph, which is not read; export it as JPEG";
  if (start.startsWith("%PDF")) return "is a PDF, which is not read; export it as PNG";
  return `not an image in a known format; ${give}`;
};
