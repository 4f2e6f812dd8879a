/** What a page loads for the WebGPU path, both files, compressed. */
export declare const BUDGET: number;
export declare function bundle(outdir: string): Promise<{ path: string; bytes: number; gzip: number }[]>;
