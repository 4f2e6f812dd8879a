/** The third figure: the search over z for a face without its middle, while it runs. */
import { createSearch, latents, masked, masks, type Search } from "@kintsugi/completion";
import { fromRgba } from "@kintsugi/images";
import { type Painter, show } from "../../completer/page/painter.js";
import { drawCurves } from "../../trainer/page/curves.js";

const ITERATIONS = 150;
/** Iterations between two looks. */
const CHUNK = 3;

export interface Descent {
  /** Takes a picture, and shows it whole, damaged, and at the first z. */
  take(picture: CanvasImageSource, seed: number): Promise<void>;
  /** Searches until it is done or stopped, and says how far it is. */
  run(signal: AbortSignal, say: (text: string) => void): Promise<void>;
}

/** @param canvases the face, what is known, G(z), and the mended face */
export async function createDescent(
  { backend, networks, config }: Painter,
  canvases: readonly HTMLCanvasElement[],
  chart: SVGSVGElement,
): Promise<Descent> {
  const { size, channels, nz } = config;
  const search: Search = await createSearch(backend, networks, { batch: 1, blend: "poisson" });
  const mask = masks.center(size);
  const [whole, known, guess, mended] = canvases as [
    HTMLCanvasElement,
    HTMLCanvasElement,
    HTMLCanvasElement,
    HTMLCanvasElement,
  ];
  let contextual: number[] = [];
  let damaged = new Float32Array();

  const look = async () => {
    const { hats, blended } = await search.evaluate();
    show(hats, config, [guess]);
    // Before the first step there is nothing to see but the beginning: a strange face in the hole.
    show(contextual.length > 0 ? blended : damaged, config, [mended]);
    chart.toggleAttribute("hidden", contextual.length === 0);
    if (contextual.length === 0) return;
    const steps = contextual.map((_, i) => i + 1);
    drawCurves(chart, steps, [{ name: "contextual loss", style: "g", values: contextual }], contextual[0] ?? 1);
  };
  return {
    async take(picture, seed) {
      const context = new OffscreenCanvas(size, size).getContext("2d")!;
      context.drawImage(picture, 0, 0, size, size);
      const { data } = context.getImageData(0, 0, size, size);
      const { values } = fromRgba(data, size, size, channels === 1 ? 1 : 3);
      search.start({ images: values, masks: [mask], z: latents(seed, 0, 1, nz) });
      show(values, config, [whole]);
      damaged = Float32Array.from(masked(values, [mask]));
      show(damaged, config, [known]);
      contextual = [];
      await look();
    },
    async run(signal, say) {
      while (search.iteration < ITERATIONS && !signal.aborted) {
        const losses = await search.iterate(Math.min(CHUNK, ITERATIONS - search.iteration));
        contextual.push(...losses.map((loss) => loss.contextual[0]!));
        await look();
        say(`Step ${search.iteration} of ${ITERATIONS}: contextual loss ${contextual.at(-1)!.toFixed(0)}`);
      }
    },
  };
}
