/** What is said of the rim of a damage, and of the mask that was made larger for it. */
import type { Picture } from "@kintsugi/images";
import { countMissing, type MaskSign, type Missing, rimOf, type Scene } from "@kintsugi/scene";
import { counted } from "@kintsugi/terminal";
import type { MaskFiles } from "./mask_option.js";

export function tellRim(
  picture: Picture,
  hole: Missing,
  { grown, rim = rimOf(picture, hole) }: Scene,
  kind: MaskSign | MaskFiles,
  asked: number | "auto",
  say: (line: string) => void,
  warn: (line: string) => void,
): void {
  const count = countMissing(hole);
  if (count === 0 || count === hole.length) return;
  const pixels = counted(grown, "pixel");
  if (kind.by === "color") say(`${counted(count, "pixel")} of that colour, grown by ${pixels}`);
  else if (asked === "auto") say(`the mask was grown by ${pixels}`);
  if (rim.reach > grown) {
    warn(
      `known pixels up to ${counted(rim.reach, "pixel")} from the mask look like the damage: give --grow ${rim.reach}, or a larger mask`,
    );
  }
}
