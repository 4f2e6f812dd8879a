/** A model's generator in a page: z in, pictures on canvases. */
import type { Backend } from "@kintsugi/autodiff";
import { openBackend } from "@kintsugi/backend/web";
import { loadNetworks, type Networks } from "@kintsugi/completion";
import { type DcganConfig, decodeModel, drawLatent, Sampler } from "@kintsugi/dcgan";
import { toRgba, unstack } from "@kintsugi/images";
import { PURPOSE } from "@kintsugi/nn";

export interface Painter {
  readonly config: DcganConfig;
  readonly backend: Backend;
  /** Whether that is a graphics card. */
  readonly gpu: boolean;
  readonly networks: Networks;
  /** `count` z as the model was trained on, the same for the same seed. */
  draw(seed: number, count: number): Float32Array[];
  /** Paints G(z) on each canvas. Calls wait for each other. */
  paint(zs: readonly Float32Array[], canvases: readonly HTMLCanvasElement[]): Promise<void>;
  destroy(): void;
}

/** Pictures that pass the generator at a time. */
const BATCH = 12;

/** Throws `ModelError` where the bytes are no model. */
export async function createPainter(bytes: Uint8Array): Promise<Painter> {
  const model = decodeModel(bytes);
  const { config } = model;
  const openProcessor = async () => (await import("@kintsugi/onnx/web")).openWebBackend();
  const { backend, machine } = await openBackend({ openProcessor });
  const networks = loadNetworks(backend, model);
  const sampler = await Sampler.create(backend, config, networks.variables, BATCH);
  let last: Promise<unknown> = Promise.resolve();
  return {
    config,
    backend,
    gpu: machine === "gpu",
    networks,
    draw(seed, count) {
      const z = drawLatent(config, { seed, purpose: PURPOSE.samples, index: 0 }, count);
      return Array.from({ length: count }, (_, i) => z.slice(i * config.nz, (i + 1) * config.nz));
    },
    async paint(zs, canvases) {
      const z = Float32Array.from(zs.flatMap((one) => [...one]));
      const painted = last.then(() => sampler.sample(z));
      last = painted.catch(() => {});
      show(await painted, config, canvases);
    },
    destroy: () => backend.destroy(),
  };
}

/** @param values [canvases.length, size, size, channels] in [−1, 1] */
export function show(values: Float32Array, config: DcganConfig, canvases: readonly HTMLCanvasElement[]): void {
  const { size, channels } = config;
  unstack(values, [canvases.length, size, size, channels]).forEach((image, i) => {
    const canvas = canvases[i]!;
    Object.assign(canvas, { width: size, height: size });
    canvas.getContext("2d")?.putImageData(new ImageData(toRgba(image), size, size), 0, 0);
  });
}

/** Runs `work` for the last request only: what was asked for in between is out of date. */
export function latest(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    again = running;
    if (running) return;
    running = true;
    try {
      await work();
    } finally {
      running = false;
    }
    if (again) void run();
  };
  return () => void run();
}

/** An empty picture with a name. */
export function picture(label: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}
