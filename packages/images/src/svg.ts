/** Drawings for Node: SVG as pixels, with letters that look the same on every machine. Knows nothing of what is drawn. */
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";
import { ImageError } from "./error.js";
import { fromRgba, type Image } from "./image.js";

/** What text in a drawing should name first: the font that comes along. */
export const FONT = "DejaVu Sans";

/** The build puts them beside the sources. */
const FONT_FILES = ["DejaVuSans", "DejaVuSans-Bold"].map((name) =>
  fileURLToPath(new URL(`../fonts/${name}.ttf`, import.meta.url)),
);

const render = (svg: string, scale: number) => {
  try {
    const font = { fontFiles: FONT_FILES, loadSystemFonts: false, defaultFontFamily: FONT, sansSerifFamily: FONT };
    return new Resvg(svg, { font, fitTo: { mode: "zoom", value: scale } }).render();
  } catch (error) {
    throw new ImageError(`an SVG drawing cannot be rendered: ${(error as Error).message ?? error}`, { cause: error });
  }
};

/** An SVG drawing as an image of its own size times `scale`; what it leaves transparent becomes mid-grey. Throws ImageError. */
export const rasterise = (svg: string, scale = 1): Image => {
  const { pixels, width, height } = render(svg, scale);
  return fromRgba(pixels, width, height, 3);
};

/** An SVG drawing as a PNG of its own size times `scale`. Throws ImageError. */
export const svgToPng = (svg: string, scale = 1): Uint8Array => render(svg, scale).asPng();

/** Text as it may stand in SVG. */
export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
