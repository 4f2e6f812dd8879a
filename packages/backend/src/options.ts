/** The options by which a command says where and how it computes, the same for all that compute. */
import { PRECISIONS } from "@kintsugi/backend-webgpu";
import { kinds, type OptionsOf, option } from "@kintsugi/terminal";

/** What a user may ask for. */
export const DEVICES = ["auto", "gpu", "cpu"] as const;

/**
 * `gpu`: WebGPU, be it on a software adapter. `cpu`: ONNX Runtime. `auto`: WebGPU where there is a real GPU, else ONNX
 * Runtime, which is several times faster than a software adapter.
 */
export type DeviceChoice = (typeof DEVICES)[number];

/** Of commands that have no choice of devices. */
export const KERNEL_OPTIONS = {
  precision: option(kinds.choice(PRECISIONS), {
    help: `of products, on a GPU: ${PRECISIONS.join(", ")}; all but f32 store their operands as float16, and are tested first`,
    unset: "f32",
    level: "more",
  }),
  cores: option(kinds.text("file"), {
    help: "choose the GPU's kernels by a table that `npm run tune` wrote for this adapter",
    level: "more",
  }),
};

/** `device` is `auto` by default, which a precision other than f32, or a table of cores, makes `gpu`. */
export const BACKEND_OPTIONS = {
  device: option(kinds.choice(DEVICES, "device"), {
    help: "where to compute: gpu, cpu, or auto for the GPU if there is one",
    default: "auto",
  }),
  ...KERNEL_OPTIONS,
};

export type BackendOptions = Partial<OptionsOf<typeof BACKEND_OPTIONS>>;
