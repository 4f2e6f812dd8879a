/** The shape of a DCGAN, and the sizes that follow from it. */

export interface DcganConfig {
  /** Side of the images: 16, 32, 64 or 128. The depth of both networks follows. */
  readonly size: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** Length of z. */
  readonly nz: number;
  /** Channels of the generator's last hidden layer. */
  readonly ngf: number;
  /** Channels of the discriminator's first layer. */
  readonly ndf: number;
  /** Side of the filters: 5 (the blog) or 4 (PyTorch's example), both with stride 2 and SAME padding. */
  readonly kernel: number;
  /** What z is drawn from: U(−1, 1) (the blog; also where it is left out) or N(0, 1) (PyTorch's example). */
  readonly z?: Distribution;
  /** Measures by which D compares the images of a batch with each other: see `minibatch.ts`. Left out for none. */
  readonly minibatchKernels?: number;
  /** What D's layers are normalised by, all but the first: batch norm (also where it is left out), or nothing. */
  readonly dNorm?: "batch" | "none";
  /** Whether D's weights are divided by their largest singular values: see `spectral.ts`. Left out for no. */
  readonly spectralNorm?: boolean;
  /** Names of what the images are of: G then draws a given class, and D judges an image as one of it. Left out for none. */
  readonly classes?: readonly string[];
}

export type Distribution = "uniform" | "normal";

export const DEFAULT_CONFIG: DcganConfig = { size: 64, channels: 3, nz: 100, ngf: 64, ndf: 64, kernel: 5 };

/** A configuration that no network can be built from. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const SIZES = [16, 32, 64, 128];
const COUNT = "an integer from 1 to 4096";
const isCount = (value: number) => Number.isInteger(value) && value >= 1 && value <= 4096;

/** Checks a configuration and returns it. Throws `ConfigError`. */
export function checkConfig(config: DcganConfig): DcganConfig {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new ConfigError("the configuration is not a JSON object");
  }
  const refuse = (name: keyof DcganConfig, wanted: string) => {
    // A file may say anything, of any length.
    const found = (JSON.stringify(config[name]) ?? "missing").slice(0, 40);
    throw new ConfigError(`${name} is ${found}; it must be ${wanted}`);
  };
  if (!SIZES.includes(config.size)) refuse("size", SIZES.join(", "));
  if (config.channels !== 1 && config.channels !== 3) refuse("channels", "1 or 3");
  if (config.kernel !== 4 && config.kernel !== 5) refuse("kernel", "4 or 5");
  for (const name of ["nz", "ngf", "ndf"] as const) {
    if (!isCount(config[name])) refuse(name, COUNT);
  }
  if (config.minibatchKernels !== undefined && !isCount(config.minibatchKernels)) refuse("minibatchKernels", COUNT);
  const { classes } = config;
  if (classes !== undefined) {
    const names = Array.isArray(classes) && classes.every((name) => typeof name === "string" && name !== "");
    if (!names || classes.length < 2 || new Set(classes).size < classes.length) {
      refuse("classes", "two names or more, all different");
    }
  }
  if (config.z !== undefined && config.z !== "uniform" && config.z !== "normal") refuse("z", "uniform or normal");
  if (config.dNorm !== undefined && config.dNorm !== "batch" && config.dNorm !== "none") {
    refuse("dNorm", "batch or none");
  }
  if (config.spectralNorm !== undefined && typeof config.spectralNorm !== "boolean") {
    refuse("spectralNorm", "true or false");
  }
  return config;
}

/** Convolutions in each network: each halves or doubles the side, between 4 and `size`. */
export function depthOf({ size }: DcganConfig): number {
  return Math.log2(size / 4);
}

/** Numbers that G begins from: z, and after it a 1 at the place of the class and 0 at the others. */
export function latentLength({ nz, classes = [] }: DcganConfig): number {
  return nz + classes.length;
}

/** Channels of the generator's 4×4 start and of what each transposed convolution makes. */
export function generatorWidths(config: DcganConfig): number[] {
  const depth = depthOf(config);
  return [...Array.from({ length: depth }, (_, i) => config.ngf * 2 ** (depth - 1 - i)), config.channels];
}

/** Channels of the image and of what each convolution of the discriminator makes. */
export function discriminatorWidths(config: DcganConfig): number[] {
  return [config.channels, ...Array.from({ length: depthOf(config) }, (_, i) => config.ndf * 2 ** i)];
}
