import { describe, expect, it } from "vitest";
import { joinJob, launchOf } from "../src/index.js";

describe("launchOf", () => {
  it("is undefined for a process that was started by itself, and joins nothing", async () => {
    expect(launchOf({ PATH: "/bin" })).toBeUndefined();
    expect(await joinJob({})).toBeUndefined();
  });

  it("reads what each launcher says", () => {
    const openMpi = {
      OMPI_COMM_WORLD_RANK: "3",
      OMPI_COMM_WORLD_SIZE: "8",
      OMPI_COMM_WORLD_LOCAL_RANK: "1",
      PMIX_RANK: "3",
    };
    expect(launchOf(openMpi)).toEqual({ family: "Open MPI", rank: 3, size: 8, localRank: 1 });
    const hydra = { PMI_RANK: "0", PMI_SIZE: "2", MPI_LOCALRANKID: "0" };
    expect(launchOf(hydra)).toEqual({ family: "MPICH", rank: 0, size: 2, localRank: 0 });
    const slurm = { PMIX_RANK: "5", SLURM_NTASKS: "6", SLURM_LOCALID: "2" };
    expect(launchOf(slurm)).toEqual({ family: "Open MPI", rank: 5, size: 6, localRank: 2 });
  });

  it("takes no half of an answer, and no numbers that are none", () => {
    expect(launchOf({ OMPI_COMM_WORLD_RANK: "0" })).toBeUndefined();
    expect(launchOf({ PMI_RANK: "x", PMI_SIZE: "2" })).toBeUndefined();
  });
});
