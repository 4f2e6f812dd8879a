/** One typed function per WGSL kernel, on buffers: sizes in, dispatches out. Stateless; allocates nothing; knows no graph. */
export * from "./augment.js";
export * from "./batch_norm.js";
export * from "./conv.js";
export * from "./half.js";
export * from "./matmul.js";
export * from "./minibatch_discrimination.js";
export * from "./pointwise.js";
export * from "./poisson.js";
export * from "./state.js";
export * from "./sums.js";
export { type Core, type CoreTable, type DeviceClass, likelyCores, type MatrixCore, usableCores } from "./tiles.js";
