/** `--resident`: whether the images' bytes stay on the device, and what frees memory there when none is left. */
import type { Backend } from "@kintsugi/autodiff";
import { OutOfMemoryError } from "@kintsugi/gpu";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { TrainingImages } from "./batches.js";
import { holdsInMemory, sizeOf, staysOnDevice, whyNotResident } from "./feed.js";
import type { Resident } from "./train_options.js";

/** Throws CommandError where they were asked to stay and cannot. */
export function decideResident(wanted: Resident, backend: Backend, images: TrainingImages): boolean {
  if (wanted !== "on") return wanted === "auto" && staysOnDevice(backend, images);
  const reason = whyNotResident(backend, images);
  if (reason !== undefined) throw new CommandError(`--resident on: ${reason}; leave it out`, exitCodes.usage);
  return true;
}

export function residenceLine(backend: Backend, images: TrainingImages): string {
  return `${megabytes(images)} of images stay ${holdsInMemory(backend) ? "in memory" : "on the GPU"}`;
}

/** What a step threw; where the GPU had no memory for it, with the options that need less. */
export function withRemedies(error: unknown, images: TrainingImages, { resident }: { readonly resident: boolean }) {
  if (!(error instanceof OutOfMemoryError)) return error;
  const without = `--resident off (${megabytes(images)} of images then stay off the GPU), or `;
  return new OutOfMemoryError(`${error.message}: give ${resident ? without : ""}a smaller --batch, --ngf or --ndf`, {
    cause: error,
  });
}

const megabytes = (images: TrainingImages) => `${(sizeOf(images) / 1e6).toPrecision(3)} MB`;
