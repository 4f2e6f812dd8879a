/** Connects the loop's events with the run folder and the terminal. */
import type { Reporter } from "@kintsugi/terminal";
import { duration } from "@kintsugi/terminal";
import type { Diagnosis } from "./diagnosis.js";
import type { RunFolder } from "./run_folder.js";
import type { TrainEvents } from "./train.js";

export interface WatchOptions {
  /** Step to stop after. */
  readonly steps: number;
  /** Steps done before. */
  readonly start: number;
  readonly sampleCount: number;
  /** Training ends earlier once so many seconds have gone by. */
  readonly maxSeconds?: number;
}

/** Shows progress and writes files while `loop` runs. */
export async function watch(
  folder: RunFolder,
  diagnosis: Diagnosis,
  reporter: Reporter,
  { steps, start, sampleCount, maxSeconds }: WatchOptions,
  loop: (events: TrainEvents) => Promise<number>,
): Promise<number> {
  const { stepsPerEpoch, imagesPerStep, path } = folder.options;
  const progress = reporter.progress({
    ...{ label: "training", total: steps, start },
    ...(maxSeconds === undefined ? {} : { seconds: maxSeconds }),
  });
  const advise = (step: number, advice: string | undefined) => {
    if (advice === undefined) return;
    reporter.warn(`step ${step}: ${advice}`);
    reporter.emit({ t: "advice", step, advice });
  };
  try {
    return await loop({
      onRecords(records, gpuWait) {
        folder.addRecords(records, gpuWait);
        const last = records.at(-1);
        if (!last) return;
        const gLoss = last.gLoss.at(-1) ?? Number.NaN;
        const values = {
          d: last.dLossReal + last.dLossFake,
          g: gLoss,
          "D(x)": last.dReal,
          "D(G(z))": last.dFake,
          wait: `${(100 * gpuWait).toFixed(1)} %`,
        };
        const pace = progress.update(last.step, { images: records.length * imagesPerStep, values });
        reporter.emit({ t: "step", ...last, epoch: Math.floor((last.step - 1) / stepsPerEpoch), ...pace, gpuWait });
        advise(last.step, diagnosis.steps(records));
      },
      async onSample(step, images, judged) {
        reporter.emit({ t: "sample", step, path: await folder.saveSample(step, images, judged) });
        advise(step, diagnosis.samples(step, images, sampleCount));
      },
      async onScore(step, scores, values) {
        const best = await folder.addScore(step, scores, values);
        reporter.emit({ t: "score", step, ...scores, best });
        const numbers = `SWD ${scores.swd.toFixed(1)}, Fréchet distance ${scores.frechet.toFixed(1)}`;
        reporter.say(`step ${step}: ${numbers}${best ? ", the best so far" : ""}`);
      },
      async onCheckpoint(checkpoint) {
        const began = performance.now();
        await folder.save(checkpoint);
        const seconds = (performance.now() - began) / 1000;
        reporter.emit({ t: "checkpoint", step: checkpoint.step, path, seconds });
        if (seconds > 5) reporter.say(`checkpoint at step ${checkpoint.step} took ${duration(seconds)}`);
      },
    });
  } finally {
    progress.stop();
  }
}
