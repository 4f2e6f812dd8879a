/** Whether this process was started by an MPI launcher, and by which kind; read from the environment, without loading a library. */

/** The two families of MPI libraries whose binaries take the same arguments. */
export type Family = "Open MPI" | "MPICH";

export interface Launch {
  readonly family: Family;
  /** This process among those of the job, from 0. */
  readonly rank: number;
  /** Processes of the job. */
  readonly size: number;
  /** This process among those on the same machine: chooses its device. */
  readonly localRank: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the launcher says of this process; undefined where there was none. `mpirun` of Open MPI sets OMPI_COMM_WORLD_*; Hydra
 * (MPICH, Intel MPI) and Slurm's PMI-2 set PMI_* and MPI_LOCALRANKID; a PMIx launcher (`srun --mpi=pmix`) sets PMIX_RANK, and
 * the size is the library's to tell, so Slurm's own count is taken.
 */
export function launchOf(environment: Environment): Launch | undefined {
  const number = (...names: readonly string[]) => {
    const text = names.map((name) => environment[name]).find((value) => value !== undefined);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const described = (family: Family, rank: number | undefined, size: number | undefined): Launch | undefined => {
    if (rank === undefined || size === undefined) return undefined;
    const localRank = number("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID") ?? 0;
    return { family, rank, size, localRank };
  };
  return (
    described("Open MPI", number("OMPI_COMM_WORLD_RANK"), number("OMPI_COMM_WORLD_SIZE")) ??
    described("Open MPI", number("PMIX_RANK"), number("SLURM_NTASKS", "SLURM_NPROCS")) ??
    described("MPICH", number("PMI_RANK"), number("PMI_SIZE"))
  );
}
