/** The options of `kintsugi train` that keep D in check, and the recipes that set them together. */
import { type Augment, DEFAULT_TRAINING, NO_AUGMENT, RECIPES, type RecipeName } from "@kintsugi/dcgan";
import { kinds, option } from "@kintsugi/terminal";

export const RECIPE_OPTIONS = {
  recipe: option(kinds.choice(Object.keys(RECIPES) as RecipeName[], "name"), {
    help: "options that belong together: blog, or small-data for up to some ten thousand images",
    default: "blog",
    persist: "fixed",
    presets: Object.fromEntries(Object.keys(RECIPES).map((name) => [name, presetOf(name as RecipeName)])),
  }),
  augment: option(kinds.parsedBy("policy", parseAugment, printAugment), {
    help:
      "distort what the discriminator sees: color, translation, cutout, joined by commas, each with the share of images " +
      "that get it unless all do, such as color,translation=0.5; or none",
    default: DEFAULT_TRAINING.augment,
    persist: "fixed",
    level: "more",
  }),
  spectralNorm: option(kinds.flag, {
    help: "divide the discriminator's weights by their largest singular values",
    default: false,
    persist: "fixed",
    level: "more",
  }),
  dNorm: option(kinds.choice(["batch", "none"]), {
    help: "what the discriminator's layers are normalised by: batch or none",
    default: "batch",
    persist: "fixed",
    level: "file",
  }),
  loss: option(kinds.choice(["bce", "hinge"]), {
    help: "what is made of the discriminator's logits: bce (cross-entropy) or hinge",
    default: DEFAULT_TRAINING.loss,
    persist: "fixed",
    level: "file",
  }),
  r1: option(kinds.numberBetween("weight", { min: 0, max: 1e4 }), {
    help: "weight of the squared gradient of the discriminator at real images (R1), such as 1; 0 for none; a step takes twice as long",
    default: DEFAULT_TRAINING.r1,
    persist: "fixed",
    level: "file",
  }),
  weightDecay: option(kinds.numberBetween("rate", { min: 0, max: 1 }), {
    help: "share of each weight, times the learning rate, that an update takes away first (AdamW); 0 for none",
    default: DEFAULT_TRAINING.weightDecay,
    persist: "fixed",
    level: "file",
  }),
  lrD: option(kinds.positiveNumber("rate"), {
    help: "the discriminator's step size",
    unset: "as --lr",
    persist: "fixed",
    level: "file",
  }),
};

/** A recipe's values by the names of the options. */
export function presetOf(name: RecipeName): Readonly<Record<string, unknown>> {
  const { config, training } = RECIPES[name];
  const { lr, lrD, ...more } = training;
  return { ...config, ...more, lr, ...(lrD === lr ? {} : { lrD }) };
}

const POLICIES: ReadonlyMap<string, keyof Augment> = new Map([
  ["color", "colour"],
  ["translation", "translation"],
  ["cutout", "cutout"],
]);
const MEANT =
  "Give none, or color, translation, cutout, joined by commas, each with a share if you like: color,cutout=0.5.";

/** `color,translation=0.5` → shares. Throws what is meant otherwise. */
export function parseAugment(text: string): Augment {
  if (text === "none") return NO_AUGMENT;
  const shares: Record<string, number> = { ...NO_AUGMENT };
  for (const part of text.split(",")) {
    const [name, share = "1", ...rest] = part.trim().split("=");
    const policy = POLICIES.get(name === "colour" ? "color" : name!);
    const value = share === "" ? Number.NaN : Number(share);
    if (policy === undefined || rest.length > 0 || !(value >= 0 && value <= 1)) throw new Error(MEANT);
    shares[policy] = value;
  }
  return shares as unknown as Augment;
}

/** The policy as `parseAugment` takes it. */
export function printAugment(shares: Augment): string {
  const parts = [...POLICIES].flatMap(([name, key]) => {
    const share = shares[key];
    if (share === 0) return [];
    return share === 1 ? [name] : [`${name}=${share}`];
  });
  return parts.join(",") || "none";
}
