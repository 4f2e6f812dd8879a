/**
 * The one description of a convolution, shared by both ops and all three kernels. Knows sizes only: no buffer, no GPU.
 *
 *   T(coarse, fine, weight) = Σ coarse[n,i,j,p] · fine[n, i·stride − padTop + a, j·stride − padLeft + b, q] · weight[a,b,q,p]
 *
 * conv2d reads the fine image and writes the coarse one, convTranspose2d the reverse; fine is 0 outside its bounds.
 * Only the padding before is stored: the padding after is whatever the sizes leave over.
 */

/** An NHWC image batch. */
export type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

/** [K, K, fine, coarse]: TensorFlow's conv `[kh, kw, in, out]` and transposed conv `[kh, kw, out, in]` alike. */
export type ConvWeightShape = readonly [kernel: number, kernel: number, fineChannels: number, coarseChannels: number];

export interface ConvGeometry {
  readonly batch: number;
  readonly fineHeight: number;
  readonly fineWidth: number;
  readonly fineChannels: number;
  readonly coarseHeight: number;
  readonly coarseWidth: number;
  readonly coarseChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
}

export function fineShape(g: ConvGeometry): ImageShape {
  return [g.batch, g.fineHeight, g.fineWidth, g.fineChannels];
}

export function coarseShape(g: ConvGeometry): ImageShape {
  return [g.batch, g.coarseHeight, g.coarseWidth, g.coarseChannels];
}

export function weightShape(g: ConvGeometry): ConvWeightShape {
  return [g.kernel, g.kernel, g.fineChannels, g.coarseChannels];
}

/**
 * conv2d with TensorFlow's SAME padding: coarse = ⌈fine / stride⌉, before = ⌊total / 2⌋ of
 * total = max((coarse − 1)·stride + kernel − fine, 0).
 *
 * @throws RangeError when x and weight do not fit together.
 */
export function sameGeometry(x: ImageShape, weight: ConvWeightShape, stride: number): ConvGeometry {
  checkConv("conv2d", x, weight, stride);
  const [batch, fineHeight, fineWidth, fineChannels] = x;
  const [kernel, , , coarseChannels] = weight;
  return {
    batch,
    fineHeight,
    fineWidth,
    fineChannels,
    coarseHeight: Math.ceil(fineHeight / stride),
    coarseWidth: Math.ceil(fineWidth / stride),
    coarseChannels,
    kernel,
    stride,
    padTop: samePadding(fineHeight, kernel, stride),
    padLeft: samePadding(fineWidth, kernel, stride),
  };
}

/**
 * convTranspose2d as the adjoint of a SAME convolution of the output: several output sizes share one ⌈fine / stride⌉, so
 * the size is given; by default it is stride times the input's.
 *
 * @throws RangeError when x and weight do not fit together, or when a convolution of `size` would not give x's size.
 */
export function sameTransposedGeometry(
  x: ImageShape,
  weight: ConvWeightShape,
  stride: number,
  size: readonly [height: number, width: number] = [x[1] * stride, x[2] * stride],
): ConvGeometry {
  checkConvTranspose(x, weight, stride);
  const [batch, coarseHeight, coarseWidth, coarseChannels] = x;
  const [kernel, , fineChannels] = weight;
  const [fineHeight, fineWidth] = size;
  checkSizes("convTranspose2d", { height: fineHeight, width: fineWidth });
  if (Math.ceil(fineHeight / stride) !== coarseHeight || Math.ceil(fineWidth / stride) !== coarseWidth) {
    throw new RangeError(
      `convTranspose2d: output ${fineHeight}×${fineWidth} with stride ${stride} needs x of ` +
        `${Math.ceil(fineHeight / stride)}×${Math.ceil(fineWidth / stride)}: ${imageText("x", x)}`,
    );
  }
  return {
    batch,
    fineHeight,
    fineWidth,
    fineChannels,
    coarseHeight,
    coarseWidth,
    coarseChannels,
    kernel,
    stride,
    padTop: samePadding(fineHeight, kernel, stride),
    padLeft: samePadding(fineWidth, kernel, stride),
  };
}

/**
 * conv2d with the same padding on all four sides, as PyTorch's: coarse = ⌊(fine + 2·padding − kernel) / stride⌋ + 1.
 *
 * @throws RangeError when x and weight do not fit together, or the kernel does not fit into the padded image.
 */
export function paddedGeometry(x: ImageShape, weight: ConvWeightShape, stride: number, padding: number): ConvGeometry {
  checkConv("conv2d", x, weight, stride);
  checkPadding("conv2d", padding);
  const [batch, fineHeight, fineWidth, fineChannels] = x;
  const [kernel, , , coarseChannels] = weight;
  if (Math.min(fineHeight, fineWidth) + 2 * padding < kernel) {
    throw new RangeError(
      `conv2d: kernel ${kernel} exceeds x padded by ${padding}: ${imageText("x", x)}, ${weightText(weight)}`,
    );
  }
  return {
    batch,
    fineHeight,
    fineWidth,
    fineChannels,
    coarseHeight: Math.floor((fineHeight + 2 * padding - kernel) / stride) + 1,
    coarseWidth: Math.floor((fineWidth + 2 * padding - kernel) / stride) + 1,
    coarseChannels,
    kernel,
    stride,
    padTop: padding,
    padLeft: padding,
  };
}

/**
 * convTranspose2d with the same padding on all four sides, as PyTorch's: fine = (coarse − 1)·stride − 2·padding + kernel.
 *
 * @throws RangeError when x and weight do not fit together, or nothing is left of the output.
 */
export function paddedTransposedGeometry(
  x: ImageShape,
  weight: ConvWeightShape,
  stride: number,
  padding: number,
): ConvGeometry {
  checkConvTranspose(x, weight, stride);
  checkPadding("convTranspose2d", padding);
  const [batch, coarseHeight, coarseWidth, coarseChannels] = x;
  const [kernel, , fineChannels] = weight;
  const fineHeight = (coarseHeight - 1) * stride - 2 * padding + kernel;
  const fineWidth = (coarseWidth - 1) * stride - 2 * padding + kernel;
  if (Math.min(fineHeight, fineWidth) < 1) {
    throw new RangeError(
      `convTranspose2d: padding ${padding} leaves no output: ${imageText("x", x)}, ${weightText(weight, "transposed")}`,
    );
  }
  return {
    batch,
    fineHeight,
    fineWidth,
    fineChannels,
    coarseHeight,
    coarseWidth,
    coarseChannels,
    kernel,
    stride,
    padTop: padding,
    padLeft: padding,
  };
}

function samePadding(fine: number, kernel: number, stride: number): number {
  const total = Math.max((Math.ceil(fine / stride) - 1) * stride + kernel - fine, 0);
  return Math.floor(total / 2);
}

function checkConv(op: string, x: ImageShape, weight: ConvWeightShape, stride: number): void {
  checkAll(op, x, weight, stride);
  if (x[3] !== weight[2]) {
    throw new RangeError(
      `${op}: x has ${x[3]} channels, weight takes ${weight[2]}: ${imageText("x", x)}, ${weightText(weight)}`,
    );
  }
}

function checkConvTranspose(x: ImageShape, weight: ConvWeightShape, stride: number): void {
  checkAll("convTranspose2d", x, weight, stride);
  if (x[3] !== weight[3]) {
    throw new RangeError(
      `convTranspose2d: x has ${x[3]} channels, weight takes ${weight[3]}: ${imageText("x", x)}, ${weightText(weight, "transposed")}`,
    );
  }
}

function checkAll(op: string, x: ImageShape, weight: ConvWeightShape, stride: number): void {
  const [batch, height, width, channels] = x;
  const [kernel, kernelWidth, fineChannels, coarseChannels] = weight;
  checkSizes(op, { batch, height, width, channels, kernel, kernelWidth, fineChannels, coarseChannels, stride });
  if (kernel !== kernelWidth) throw new RangeError(`${op}: weight is ${kernel}×${kernelWidth}, kernels are square`);
}

function checkSizes(op: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(`${op}: ${name} is ${size}, not a positive integer`);
  }
}

function checkPadding(op: string, padding: number): void {
  if (!Number.isSafeInteger(padding) || padding < 0)
    throw new RangeError(`${op}: padding is ${padding}, not an integer ≥ 0`);
}

function imageText(name: string, [n, h, w, c]: ImageShape): string {
  return `${name} [N ${n}, H ${h}, W ${w}, C ${c}]`;
}

function weightText([kernel, width, fine, coarse]: ConvWeightShape, op: "conv" | "transposed" = "conv"): string {
  return op === "conv"
    ? `weight [${kernel}×${width}, in ${fine}, out ${coarse}]`
    : `weight [${kernel}×${width}, out ${fine}, in ${coarse}]`;
}
