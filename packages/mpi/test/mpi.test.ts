import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const JOB = fileURLToPath(new URL("job.mjs", import.meta.url));

/** Both families, where their launchers are installed. */
const launchers = [
  { family: "Open MPI", command: "mpirun.openmpi", options: ["--allow-run-as-root", "--oversubscribe"] },
  { family: "MPICH", command: "mpirun.mpich", options: [] },
].map((launcher) => ({
  ...launcher,
  there: spawnSync(launcher.command, ["--version"]).status === 0,
}));

/** Without what a job around this one would say. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(OMPI_|PMI|PMIX_|MPI_)/.test(name)),
);

for (const { family, command, options, there } of launchers) {
  const start = (processes: number, what: string, more: Readonly<Record<string, string>> = {}) =>
    spawnSync(command, [...options, "-np", String(processes), process.execPath, JOB, what], {
      env: { ...environment, ...more },
      encoding: "utf8",
      timeout: 120_000,
    });

  describe.skipIf(!there)(`${family}${there ? "" : " (skipped: its mpirun is not installed)"}`, () => {
    it.each([1, 2, 3, 4])("sums, gathers and broadcasts among %i processes, the same bits on all", (size) => {
      const { status, stdout, stderr } = start(size, "calls");
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const answers = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Answer)
        .sort((a, b) => a.rank - b.rank);
      expect(answers.map(({ rank }) => rank)).toEqual([...Array(size).keys()]);
      const factor = (size * (size + 1)) / 2;
      for (const answer of answers) {
        expect(answer.size).toBe(size);
        expect(answer.first).toBeCloseTo(Math.sin(1) * factor, 4);
        expect(answer.gathered).toEqual([...Array(size).keys()].flatMap((rank) => [rank, 10 * rank]));
        expect(answer.bytes).toEqual([size - 1, size, size + 1]);
        expect(answer.description).toBe(`${family}, ${size} processes`);
      }
      // What was not summed, each rank's first number, is 0 on all of them.
      expect(new Set(answers.map(({ bits }) => bits)).size).toBe(1);
    });

    it("ends all processes when one dies", () => {
      const { status, signal, stderr, stdout } = start(3, "death");
      expect(signal).toBeNull();
      expect(status).not.toBe(0);
      expect(stderr + stdout).toMatch(/rank 1|EXIT CODE: 9/i);
    });

    it("ends all processes with the code of the one that gives up", () => {
      const { status } = start(3, "abort");
      expect(status).toBe(6);
    });

    it("says what to do where the library belongs to another launcher", () => {
      const other = family === "MPICH" ? "libmpi.so.40" : "libmpich.so.12";
      const { status, stderr, stdout } = start(2, "calls", { KINTSUGI_MPI: other });
      expect(status).not.toBe(0);
      expect(stderr + stdout).toMatch(/KINTSUGI_MPI/);
    });
  });
}

interface Answer {
  readonly rank: number;
  readonly size: number;
  readonly first: number;
  readonly bits: number;
  readonly gathered: readonly number[];
  readonly bytes: readonly number[];
  readonly description: string;
}
