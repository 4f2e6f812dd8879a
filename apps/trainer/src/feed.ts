/**
 * How images reach a training step: as values that the host makes while the device computes, or, where their bytes stay on
 * the device, as their places among them. The same bits either way. Knows no platform.
 */
import type { Backend } from "@kintsugi/autodiff";
import { type DcganConfig, placeImages, Trainer, type TrainerOptions } from "@kintsugi/dcgan";
import { createBatches, createLabels, createPicks, type TrainingImages } from "./batches.js";

/** Bytes of images that stay on the device unasked: of 64×64 in colour 87,000 images. WebGPU does not say what is free. */
export const RESIDENT_BUDGET = 2 ** 30;

export function sizeOf({ count, size, channels }: TrainingImages): number {
  return count * size * size * channels;
}

/** Why a back end cannot hold these images, or undefined. One that computes in the host's memory holds what that does. */
export function whyNotResident(backend: Backend, images: TrainingImages): string | undefined {
  const { largest = Number.POSITIVE_INFINITY } = backend;
  const bytes = sizeOf(images);
  if (holdsInMemory(backend) || bytes <= largest) return undefined;
  const mebibytes = (size: number) => `${Math.floor(size / 2 ** 20)} MiB`;
  return `the images have ${mebibytes(bytes)}, and a buffer of this GPU holds ${mebibytes(largest)}`;
}

/** Whether images stay on the device where nobody says. */
export function staysOnDevice(backend: Backend, images: TrainingImages): boolean {
  return sizeOf(images) <= RESIDENT_BUDGET && whyNotResident(backend, images) === undefined;
}

/** Whether a back end computes in the host's memory, where images that stay need no place of their own. */
export function holdsInMemory(backend: Backend): boolean {
  return backend.lacks?.has("pickImages") ?? false;
}

export interface FedTrainer {
  readonly trainer: Trainer;
  /** What `trainer.train` takes for a step; good until the call after the next one. */
  readonly batches: (step: number) => Float32Array;
  /** The classes of a step's images, where they have some. */
  readonly labels: ((step: number) => Uint16Array) | undefined;
}

/** A trainer, and how it is fed. */
export async function createFedTrainer(
  backend: Backend,
  config: DcganConfig,
  images: TrainingImages,
  options: TrainerOptions & { readonly flip?: boolean },
  { resume, resident = false }: { resume?: Parameters<typeof Trainer.create>[3]; resident?: boolean } = {},
): Promise<FedTrainer> {
  const bytes = resident ? images.bytes.subarray(0, sizeOf(images)) : undefined;
  const placed = bytes && !holdsInMemory(backend) ? placeImages(backend, config, bytes) : undefined;
  const trainer = await Trainer.create(backend, config, options, resume, placed);
  const { seed, flip = false } = options;
  const how = { perStep: trainer.imagesPerStep, seed, flip };
  return {
    trainer,
    batches: placed ? createPicks(images, how) : createBatches({ ...images, bytes: bytes ?? images.bytes }, how),
    labels: createLabels(images, how),
  };
}
