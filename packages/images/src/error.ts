/** What went wrong with an image, in one line that names the file and the remedy. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
