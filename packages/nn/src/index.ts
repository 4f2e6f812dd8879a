export * from "./adam.js";
export * from "./checksum.js";
export { foreignKind } from "./foreign.js";
export * from "./layers.js";
export * from "./parameters.js";
export * from "./random.js";
export * from "./safetensors.js";
