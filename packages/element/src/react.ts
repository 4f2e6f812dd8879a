/** `<image-completer>` as a React component: typed properties, and events as `onComplete`, `onError`… Registers the element. */
import { createElement, type HTMLAttributes, type ReactElement, type Ref } from "react";
import type { CompleterEvents, ImageCompleter as Element, ModelInput } from "./define.js";
import "./define.js";
import type { PictureSource } from "./picture.js";
import type { Strings } from "./strings.js";

/** `onPicture`, `onModel`, … `onError`: one for each event of the element, with its `detail`. */
export type CompleterHandlers = {
  readonly [K in keyof CompleterEvents as K extends `ic-${infer Name}` ? `on${Capitalize<Name>}` : never]?: (
    event: CustomEvent<CompleterEvents[K]>,
  ) => void;
};

export interface ImageCompleterProps extends Omit<HTMLAttributes<Element>, keyof CompleterHandlers>, CompleterHandlers {
  readonly src?: string | undefined;
  /** Instead of `src`: a file, a bitmap, a canvas. Keep it between renders: a new object is a new picture. */
  readonly picture?: PictureSource | undefined;
  readonly model?: ModelInput | undefined;
  readonly integrity?: string | undefined;
  readonly candidates?: number | undefined;
  readonly iterations?: number | undefined;
  readonly seed?: number | undefined;
  /** Keep it between renders: new words build the element anew. */
  readonly strings?: Partial<Strings> | undefined;
  /** The element itself, for its methods. */
  readonly ref?: Ref<Element> | undefined;
}

const EVENT = /^on(Picture|Ready|Model|Mask|Start|Progress|Complete|Choose|Cancel|Error)$/;

/** React 19 sets properties of custom elements, and takes `on` with an event's very name. */
export function ImageCompleter(props: ImageCompleterProps): ReactElement {
  const given = Object.entries(props).filter(([, value]) => value !== undefined);
  const named = given.map(([name, value]) => {
    const [, event] = EVENT.exec(name) ?? [];
    return [event ? `onic-${event.toLowerCase()}` : name, value] as const;
  });
  return createElement("image-completer", Object.fromEntries(named));
}
