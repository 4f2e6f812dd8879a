/** Everything that can go wrong between us and a GPU, each as one exception with one clear line. */

/** No adapter could be had: there is no GPU, no driver, or WebGPU is switched off. */
export class NoAdapterError extends Error {
  override readonly name = "NoAdapterError";
}

/** The adapter has not what was asked of it. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}

/** The device went away (driver reset, unplugged, destroyed). State on it is gone; open a new device. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}

/** The device has no memory for what was asked. */
export class OutOfMemoryError extends Error {
  override readonly name = "OutOfMemoryError";
}

/** A call that WebGPU refused. Always a defect of this library, never of its input. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
}

/** The exception for an error that WebGPU reported while `task` was done. */
export function fromGpuError(error: GPUError, task: string): Error {
  const message = error.message.split("\n")[0];
  if (error.constructor.name === "GPUOutOfMemoryError") {
    return new OutOfMemoryError(`${task}: out of GPU memory; use a smaller batch or width (${message})`);
  }
  return new ValidationError(`${task}: ${message}`);
}

/** What a failed promise of WebGPU becomes: a pipeline that cannot be made is our defect too; all else stays as it is. */
export function fromThrown(reason: unknown, task: string): unknown {
  if (!(reason instanceof Error) || reason.constructor.name !== "GPUPipelineError") return reason;
  return new ValidationError(`${task}: ${reason.message.split("\n")[0]}`);
}
