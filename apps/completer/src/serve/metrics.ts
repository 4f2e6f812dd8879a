/** What the service counts, in Prometheus' text format, version 0.0.4. */

export function createMetrics() {
  const answers = new Map<number, number>();
  let [waiting, abandoned, completions, seconds, iterations] = [0, 0, 0, 0, 0];
  const metric = (name: string, type: string, help: string, lines: readonly string[]) => [
    `# HELP kintsugi_${name} ${help}`,
    `# TYPE kintsugi_${name} ${type}`,
    ...lines.map((line) => `kintsugi_${line}`),
  ];
  return {
    /** Requests that wait or run now. */
    waiting(count: number) {
      waiting = count;
    },
    answered(status: number) {
      answers.set(status, (answers.get(status) ?? 0) + 1);
    },
    /** A client hung up before its answer. */
    abandoned() {
      abandoned++;
    },
    completed(took: number, steps: number) {
      completions++;
      seconds += took;
      iterations += steps;
    },
    text(): string {
      const byStatus = [...answers].map(([status, count]) => `http_responses_total{status="${status}"} ${count}`);
      return `${[
        metric("http_responses_total", "counter", "Answers by HTTP status.", byStatus),
        metric("queue_length", "gauge", "Requests that wait or run.", [`queue_length ${waiting}`]),
        metric("abandoned_total", "counter", "Requests whose client hung up.", [`abandoned_total ${abandoned}`]),
        metric("completion_seconds", "summary", "Time of completions, waiting included.", [
          `completion_seconds_sum ${seconds}`,
          `completion_seconds_count ${completions}`,
        ]),
        metric("iterations_total", "counter", "Iterations of all searches.", [`iterations_total ${iterations}`]),
      ]
        .flat()
        .join("\n")}\n`;
    },
  };
}
