/** The models we ship, by name. Knows where their files lie and what must be said of them; no network, no pixel. */

export interface ShippedModel {
  /** The weights, safetensors in half precision: a file in Node, an address in a page. */
  readonly url: URL;
  /** Side of its images in pixels. */
  readonly size: number;
  /** What must be said wherever the model, or what it draws, is shown. */
  readonly credit: string;
  /**
   * Where its faces have the middles of the eyes, the nose tip and the mouth corners, each from the left of the image to the
   * right, as shares of the side: what `--landmarks` turns other faces to.
   */
  readonly face?: readonly [Place, Place, Place, Place, Place];
}

type Place = readonly [x: number, y: number];

/** Every model has a card in `cards/`. */
export const models = {
  "faces-64": {
    // Bundlers find the file only where its address is spelt out.
    url: new URL("../weights/faces-64.safetensors", import.meta.url),
    size: 64,
    credit: "Trained on Artflow portraits, artflow.ai, CC BY 4.0",
    // Means over 53 of its validation faces.
    face: [
      [0.298, 0.413],
      [0.664, 0.418],
      [0.483, 0.648],
      [0.338, 0.819],
      [0.63, 0.821],
    ],
  },
  "toy-64": {
    url: new URL("../weights/toy-64.safetensors", import.meta.url),
    size: 64,
    credit: "Toy faces: remix of “ToonHead” by Johan Melin, CC BY 4.0, drawn with DiceBear",
  },
} as const satisfies Record<string, ShippedModel>;

export type ModelName = keyof typeof models;

/** Whether a model of this name is shipped. */
export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(models, name);
}
