/**
 * What a plan makes from values that none of its runs changes: before its first run, and again before the next one where
 * somebody else has replaced such a value.
 */
import type { Tensor } from "@kintsugi/autodiff";
import { type BufferView, type Device, type Dispatch, Recording } from "@kintsugi/gpu";

/** The variables of a back end, as its plans see them. */
export interface VariableTable {
  /** The buffer that holds a value. */
  viewOf(variable: Tensor): BufferView;
  /** How often a value has been replaced. */
  versionOf(variable: Tensor): number;
  replaced(variable: Tensor): void;
}

/** Something made from one value. */
export interface Lasting {
  readonly value: Tensor;
  readonly recording: Recording;
  /** That of the value when it was made. */
  version?: number;
}

export function createLasting(
  device: Device,
  label: string,
  made: ReadonlyMap<Tensor, readonly Dispatch[]>,
): Promise<Lasting[]> {
  return Promise.all(
    [...made].map(async ([value, dispatches]) => ({
      value,
      recording: await Recording.create(device, `${label}, before its runs`, dispatches),
    })),
  );
}

/** Submits what is not made yet, or of an old value. */
export function prepare(all: readonly Lasting[], variables: VariableTable): void {
  for (const lasting of all) {
    const version = variables.versionOf(lasting.value);
    if (lasting.version === version) continue;
    lasting.recording.submit();
    lasting.version = version;
  }
}
