/** Writes the bundle into a folder. */
export declare function bundle(outdir: string): Promise<void>;
