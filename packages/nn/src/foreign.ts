/** Files of other kinds, told by their first bytes, for messages: what it is, and the remedy. */

const text = (bytes: Uint8Array, length: number) => new TextDecoder("latin1").decode(bytes.slice(0, length));

/** The last bytes of TensorFlow's index tables. */
const TENSORFLOW_INDEX = "57fb808b247547db";

const STARTS: readonly (readonly [start: string, name: string])[] = [
  ["version https://git-lfs", "a Git LFS pointer, which stands for the file: run `git lfs pull`"],
  ["PK\x03\x04", "a zip archive, such as PyTorch's .pth and .pt: `kintsugi import` reads those"],
  ["\x80\x02", "a pickle, such as PyTorch's .pth before version 1.6: `kintsugi import` says how to convert it"],
  ["\x1f\x8b", "packed by gzip: unpack it first"],
  ["\x89HDF", "an HDF5 file, such as Keras writes, which is not read here"],
  ["\x89PNG", "a PNG picture"],
  ["\xff\xd8\xff", "a JPEG picture"],
  ["GIF8", "a GIF picture"],
  ["GGUF", "a GGUF file, which is not read here"],
  ["TFL3", "a TensorFlow Lite model, which is not read here"],
];

/** What a file is that is no safetensors file, where its first bytes tell; undefined where they do not. */
export function foreignKind(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength === 0) return "empty: copy or download it again";
  const start = text(bytes, 64);
  const found = STARTS.find(([first]) => start.startsWith(first));
  if (found) return found[1];
  if (/^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|head|body|script)/i.test(start)) {
    return "a web page, saved in place of the file: download the file itself";
  }
  if (bytes.byteLength >= 48) {
    const end = Array.from(bytes.slice(bytes.byteLength - 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (end === TENSORFLOW_INDEX)
      return "the index of a TensorFlow checkpoint: `kintsugi import --checkpoint` reads it";
  }
  // A header's length is eight bytes, of which the last ones are 0 in every file of a sane size.
  if (/^[\t\n\r -~]{9}/.test(start)) return "text";
  return undefined;
}
