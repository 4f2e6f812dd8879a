/**
 * The toy faces as drawings: SVG, which a page hands to its own renderer and Node to a native one (`./toy`). Knows no
 * pixels and no platform.
 */
import { createAvatar } from "@dicebear/core";
import * as toonHead from "@dicebear/toon-head";
import { drawsOf } from "./toy-random.js";

/** The credit its licence asks for wherever the toy faces, or samples of a model trained on them, are shown. */
export const TOY_CREDIT =
  "Toy faces: remix of “ToonHead” (https://www.figma.com/community/file/1589627891082866389) by Johan Melin, " +
  "licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), drawn with DiceBear";

type Colour = readonly [red: number, green: number, blue: number];

// Light to dark, along the line real skin follows; a face lies anywhere between two neighbours.
const SKIN: readonly Colour[] = [
  [250, 218, 196],
  [240, 190, 158],
  [218, 160, 122],
  [186, 126, 88],
  [142, 92, 62],
  [98, 62, 44],
];

// Dark shades come twice: that is about how hair is spread among people.
const HAIR: readonly Colour[] = [
  [22, 18, 20],
  [46, 30, 22],
  [34, 26, 24],
  [62, 40, 28],
  [104, 64, 36],
  [146, 88, 44],
  [186, 134, 72],
  [222, 184, 116],
  [168, 66, 34],
  [158, 154, 152],
];

const hex = (colour: Colour): string =>
  colour
    .map((c) =>
      Math.round(Math.min(255, Math.max(0, c)))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("");

const between = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

/** Hue in turns, saturation and lightness in [0, 1] (CSS Color 4, "HSL to sRGB"). */
const hsl = (hue: number, saturation: number, lightness: number): Colour => {
  const channel = (n: number): number => {
    const k = (n + hue * 12) % 12;
    return (
      255 * (lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)))
    );
  };
  return [channel(0), channel(8), channel(4)];
};

/**
 * Face `index` of `seed` as SVG, square, of no certain size. The drawing fills the picture; what differs is what a face
 * differs in, and a little jitter.
 */
export const toySvg = (seed: number, index: number): string => {
  const draw = drawsOf(seed, index);
  const tone = draw.between(0, SKIN.length - 1);
  const skin = between(SKIN[Math.floor(tone)]!, SKIN[Math.floor(tone) + 1]!, tone % 1);
  const shade = draw.between(-14, 14);
  const [red, green, blue] = draw.pick(HAIR);
  const hair: Colour = [red + shade, green + shade, blue + shade];
  const hue = draw.between(0, 1);
  const lightness = draw.between(0.45, 0.85);
  const saturation = draw.between(0.15, 0.5);
  const hairCut = draw.pick(["sideComed", "undercut", "spiky", "bun"] as const);
  const longHair = draw.chance(0.5);
  const beard = draw.chance(longHair || hairCut === "bun" ? 0 : 0.45);
  return createAvatar(toonHead, {
    seed: "",
    skinColor: [hex(skin)],
    hairColor: [hex(hair)],
    clothesColor: [hex(hsl(draw.between(0, 1), draw.between(0.3, 0.8), draw.between(0.2, 0.7)))],
    backgroundColor: [hex(hsl(hue, saturation, lightness))],
    eyes: [draw.pick(["happy", "happy", "happy", "wide", "wide", "wide", "bow", "humble", "wink"] as const)],
    eyebrows: [draw.pick(["raised", "happy", "happy", "neutral", "neutral", "sad", "angry"] as const)],
    mouth: [draw.pick(["laugh", "laugh", "laugh", "smile", "smile", "smile", "agape", "sad", "angry"] as const)],
    hair: [hairCut],
    rearHair: [draw.pick(["longStraight", "longWavy", "shoulderHigh", "neckHigh"] as const)],
    rearHairProbability: longHair ? 100 : 0,
    beard: [draw.pick(["moustacheTwirl", "fullBeard", "chin", "chinMoustache", "longBeard"] as const)],
    beardProbability: beard ? 100 : 0,
    clothes: [draw.pick(["turtleNeck", "openJacket", "dress", "shirt", "tShirt"] as const)],
    // From the hair to the chin, ear to ear: eyes at 3/5 of the height, mouth at 4/5.
    scale: draw.between(147, 157),
    translateX: draw.between(-1.5, 1.5),
    translateY: draw.between(3.5, 6.5),
    rotate: draw.between(-4, 4),
    flip: draw.chance(0.5),
  }).toString();
};
