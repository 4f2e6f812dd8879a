/** One process of a job, for mpi.test.ts: makes the calls that its argument names, and prints what came back as JSON. */
import { joinJob } from "../dist/index.js";

const job = await joinJob();
const { rank, size } = job;
const say = (answer) => process.stdout.write(`${JSON.stringify({ rank, ...answer })}\n`);

const cases = {
  async calls() {
    const values = Float32Array.from({ length: 70_001 }, (_, i) => Math.fround(Math.sin(i) * (rank + 1)));
    const odd = values.subarray(1);
    await Promise.all([job.sum(odd), job.barrier()]);
    const bits = new Uint32Array(values.buffer).reduce((hash, word) => (Math.imul(hash, 31) + word) >>> 0, 7);
    const gathered = await job.gather(Float32Array.of(rank, 10 * rank));
    const bytes = Uint8Array.of(rank, rank + 1, rank + 2);
    await job.broadcast(bytes, size - 1);
    say({ size, first: odd[0], bits, gathered: [...gathered], bytes: [...bytes], description: job.description });
  },
  async death() {
    await job.barrier();
    if (rank === 1) process.kill(process.pid, "SIGKILL");
    await job.sum(new Float32Array(8));
  },
  async abort() {
    await job.barrier();
    if (rank === 1) job.abort(6);
    await job.sum(new Float32Array(8));
  },
};

await cases[process.argv[2]]();
job.finalize();
