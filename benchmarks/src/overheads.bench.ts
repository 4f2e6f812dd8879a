/** What a training step costs beside its arithmetic: the host's time, objects, memory, start-up. */
import { type Plan, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { DEFAULT_TRAINING, trainingProgram } from "@kintsugi/dcgan";
import { createVariables, initialValues, writeAll } from "@kintsugi/nn";
import { stateSpecs } from "./networks.js";
import { median } from "./stats.js";
import { configOf, createTraining, SEED } from "./steps.bench.js";
import type { Suite } from "./suite.js";

/** Small arithmetic with as many dispatches as at full width: on a software adapter the host shares its processor. */
const WIDTH = 4;
const BATCH = 2;
const STEPS = 20;

export async function overheads(suite: Suite): Promise<void> {
  await startUp(suite);
  await repeating(suite);
  await againstDriver(suite);
}

/** From nothing to the first step, at the width of the growth curves. */
async function startUp(suite: Suite): Promise<void> {
  const device = await suite.open();
  const clock = stopwatch();
  try {
    const config = configOf(16);
    const backend = new WebGpuBackend(device);
    const specs = stateSpecs("blog", config);
    const variables = createVariables(specs);
    const values = initialValues(specs, SEED);
    const weights = clock();
    const program = trainingProgram(config, { ...DEFAULT_TRAINING, batch: 16 }, variables);
    const trace = clock();
    writeAll(backend, variables, values);
    const plan = await backend.compile(program);
    const compile = clock();
    const { images, z, rateD0, rateG0, rateG1 } = firstInputs(config.nz, config.size ** 2 * config.channels);
    await plan.run({ images, z, rateD0, rateG0, rateG1 });
    await device.idle();
    const first = clock();
    suite.fact({ name: "start-up: initial weights", value: weights, unit: "ms" });
    suite.fact({ name: "start-up: trace and differentiate", value: trace, unit: "ms" });
    suite.fact({ name: "start-up: buffers and pipelines", value: compile, unit: "ms" });
    suite.fact({ name: "start-up: first step (width 16, batch 16)", value: first, unit: "ms" });
    suite.fact({ name: "pipelines", value: device.counters.pipelines, unit: "" });
    suite.fact({ name: "dispatches per step", value: plan.recording.dispatches.length, unit: "" });
    suite.fact({ name: "GPU bytes of a plan (width 16, batch 16)", value: plan.bytes / 2 ** 20, unit: "MiB" });
    suite.fact({ name: "GPU bytes with all state", value: device.counters.bytes / 2 ** 20, unit: "MiB" });
  } finally {
    device.destroy();
  }
}

function firstInputs(nz: number, image: number) {
  const rate = Float32Array.of(2e-4, 1e-8);
  return {
    images: new Float32Array(16 * image),
    z: new Float32Array(16 * nz),
    rateD0: rate,
    rateG0: rate,
    rateG1: rate,
  };
}

/** What each step after the first one costs and leaves behind. */
async function repeating(suite: Suite): Promise<void> {
  const device = await suite.open();
  try {
    const { plan, run } = await createTraining(device, "blog", configOf(WIDTH), BATCH);
    await run();
    const before = { ...device.counters };
    const times: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const clock = stopwatch();
      plan.recording.submit();
      times.push(clock());
      await device.idle();
    }
    for (let step = 0; step < STEPS; step++) await run();
    const { counters } = device;
    const made = (["buffers", "bindGroups", "pipelines"] as const).reduce(
      (sum, kind) => sum + counters[kind] - before[kind],
      0,
    );
    suite.fact({ name: "host: encode and submit a step", value: median(times), unit: "ms" });
    suite.fact({ name: "submits per step", value: (counters.submits - before.submits) / (2 * STEPS), unit: "" });
    suite.fact({ name: `objects made in ${2 * STEPS} steps after the first`, value: made, unit: "" });
    suite.fact({ name: `bytes added in ${2 * STEPS} steps`, value: counters.bytes - before.bytes, unit: "B" });
  } finally {
    device.destroy();
  }
}

/**
 * The host's time of a step beside that of its WebGPU calls alone: the same writes, passes, copies and submit, with the
 * same pipelines and bind groups, in turns.
 */
async function againstDriver(suite: Suite): Promise<void> {
  const device = await suite.open();
  try {
    const { plan, run } = await createTraining(device, "blog", configOf(WIDTH), BATCH);
    await run();
    const inputs = Object.fromEntries([...plan.inputs].map(([name, { bytes }]) => [name, new Float32Array(bytes / 4)]));
    const ours: number[] = [];
    const bare: number[] = [];
    for (let step = 0; step < 2 * STEPS; step++) {
      const turns = [
        async () => {
          const clock = stopwatch();
          const given = plan.run(inputs);
          ours.push(clock());
          await given;
        },
        async () => {
          const clock = stopwatch();
          const done = replay(plan, inputs);
          bare.push(clock());
          await done;
        },
      ];
      for (const turn of step % 2 === 0 ? turns : turns.reverse()) {
        await turn();
        await device.idle();
      }
    }
    const more = ours.map((time, step) => time - bare[step]!);
    suite.fact({ name: "host: a step with its inputs", value: median(ours), unit: "ms" });
    suite.fact({ name: "host: its WebGPU calls alone", value: median(bare), unit: "ms" });
    suite.fact({ name: "host: a step on top of its WebGPU calls", value: median(more), unit: "ms" });
  } finally {
    device.destroy();
  }
}

/** A step as WebGPU sees it, and nothing of ours around it. */
function replay({ recording, inputs }: Plan, values: Readonly<Record<string, Float32Array<ArrayBuffer>>>) {
  const { prepared, copies, device } = recording;
  const { queue } = device.handle;
  for (const [name, { buffer, offset }] of inputs) queue.writeBuffer(buffer, offset, values[name]!);
  const encoder = device.handle.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, x, y, z } of prepared) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
  }
  pass.end();
  for (const { from, to, offset } of copies) {
    encoder.copyBufferToBuffer(from.buffer, from.offset, to, offset(0), from.bytes);
  }
  queue.submit([encoder.finish()]);
  return device.settled(queue.onSubmittedWorkDone());
}

/** Milliseconds since it was made, or since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed;
  };
}
