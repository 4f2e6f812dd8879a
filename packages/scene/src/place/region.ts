/** Which square of a picture a model looks at. */
import { ImageError, type Picture } from "@kintsugi/images";
import type { Missing } from "../polarity.js";
import { boxAround } from "./cutting.js";

type Extent = Pick<Picture, "width" | "height">;

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** A square in pixels of the upright picture, or the one around the hole. */
export type Region = Square | "auto";

/** Reads `x,y,w,h` or `auto`. Throws RangeError that says what to give. */
export function parseRegion(text: string): Region {
  if (text === "auto") return "auto";
  const [left, top, side, height, ...rest] = text.split(",").map(Number);
  const whole = [left, top, side, height].every((value) => Number.isInteger(value) && value! >= 0);
  if (!whole || rest.length > 0 || side === 0) throw new RangeError("Give x,y,w,h in whole pixels, or auto.");
  if (side !== height) throw new RangeError("The model completes squares: give w and h alike.");
  return { left: left!, top: top!, side: side! };
}

/** As `parseRegion` reads it. */
export function printRegion(region: Region): string {
  return region === "auto" ? region : [region.left, region.top, region.side, region.side].join(",");
}

/** Throws ImageError where the region reaches beyond the picture. */
export function squareOf(picture: Extent, hole: Missing | undefined, size: number, region: Region | undefined): Square {
  if (region === undefined) return centralSquare(picture);
  if (region === "auto") return (hole && squareAround(hole, picture, size)) || centralSquare(picture);
  const { width, height } = picture;
  if (region.left + region.side <= width && region.top + region.side <= height) return region;
  throw new ImageError(`it is ${width}×${height} upright, the region reaches beyond it`);
}

/** The largest square in the middle. */
function centralSquare({ width, height }: Extent): Square {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

/**
 * A square around the hole with as much known around it as a centre mask leaves: twice the hole's longer side, at least the
 * model's size, as far as the picture reaches.
 */
function squareAround(missing: Missing, picture: Extent, least: number): Square | undefined {
  const { width, height } = picture;
  const box = boxAround(missing, picture);
  if (!box) return undefined;
  const side = Math.min(Math.max(2 * Math.max(box.width, box.height), least), width, height);
  const place = (first: number, extent: number, length: number) =>
    Math.min(Math.max(0, Math.round(first + (extent - side) / 2)), length - side);
  return { left: place(box.left, box.width, width), top: place(box.top, box.height, height), side };
}
