/** What the service counts, in Prometheus' text format. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from "prom-client";

/** Seconds of completion. */
const BUCKETS = [0.1, 0.3, 1, 3, 10, 30, 100, 300];

export interface Waiting {
  /** Requests that wait or run. */
  readonly queue: () => number;
  /** Bodies that are being received. */
  readonly uploads: () => number;
}

export function createMetrics({ queue, uploads }: Waiting) {
  const registry = new Registry();
  const own = (name: string, help: string) => ({ name: `kintsugi_${name}`, help, registers: [registry] });
  collectDefaultMetrics({ register: registry });
  const answers = new Counter({ ...own("http_responses_total", "Answers by HTTP status."), labelNames: ["status"] });
  const abandoned = new Counter(own("abandoned_total", "Requests whose client hung up."));
  const iterations = new Counter(own("iterations_total", "Iterations of all searches."));
  const together = new Summary({
    ...own("searched_together", "Images in the search of each completion."),
    percentiles: [],
  });
  const seconds = new Histogram({
    ...own("completion_seconds", "Time of completions, waiting included."),
    buckets: BUCKETS,
  });
  const gauge = (name: string, help: string, now: () => number) =>
    new Gauge({
      ...own(name, help),
      collect() {
        this.set(now());
      },
    });
  gauge("queue_length", "Requests that wait or run.", queue);
  gauge("uploads", "Requests whose body is being received.", uploads);
  let [count, sum] = [0, 0];
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered: (status: number) => answers.inc({ status }),
    /** A client hung up before its answer. */
    abandoned: () => abandoned.inc(),
    completed(took: number, steps: number, images: number) {
      count++;
      sum += took;
      seconds.observe(took);
      iterations.inc(steps);
      together.observe(images);
    },
    /** Seconds of a completion, as far as is known. */
    mean: () => (count === 0 ? 2 : sum / count),
  };
}
