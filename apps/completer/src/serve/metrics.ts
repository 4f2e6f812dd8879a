/** What the service counts, in Prometheus' text format, version 0.0.4. */

export function createMetrics() {
  const answers = new Map<number, number>();
  let [waiting, abandoned, completions, seconds, iterations, alike] = [0, 0, 0, 0, 0, 0];
  const metric = (name: string, type: string, help: string, lines: readonly string[]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...lines,
  ];
  const own = (name: string, type: string, help: string, lines: readonly string[]) =>
    metric(
      `kintsugi_${name}`,
      type,
      help,
      lines.map((line) => `kintsugi_${line}`),
    );
  const started = Date.now() / 1000 - process.uptime();
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
    completed(took: number, steps: number, together: number) {
      completions++;
      alike += together;
      seconds += took;
      iterations += steps;
    },
    /** Seconds of a completion, as far as is known. */
    mean: () => (completions === 0 ? 2 : seconds / completions),
    text(): string {
      const byStatus = [...answers].map(([status, count]) => `http_responses_total{status="${status}"} ${count}`);
      return `${[
        own("http_responses_total", "counter", "Answers by HTTP status.", byStatus),
        own("queue_length", "gauge", "Requests that wait or run.", [`queue_length ${waiting}`]),
        own("abandoned_total", "counter", "Requests whose client hung up.", [`abandoned_total ${abandoned}`]),
        own("completion_seconds", "summary", "Time of completions, waiting included.", [
          `completion_seconds_sum ${seconds}`,
          `completion_seconds_count ${completions}`,
        ]),
        own("searched_together", "summary", "Images in the search of each completion.", [
          `searched_together_sum ${alike}`,
          `searched_together_count ${completions}`,
        ]),
        own("iterations_total", "counter", "Iterations of all searches.", [`iterations_total ${iterations}`]),
        metric("process_start_time_seconds", "gauge", "Start of the process, since 1970.", [
          `process_start_time_seconds ${started}`,
        ]),
        metric("process_resident_memory_bytes", "gauge", "Memory of the process.", [
          `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
        ]),
      ]
        .flat()
        .join("\n")}\n`;
    },
  };
}
