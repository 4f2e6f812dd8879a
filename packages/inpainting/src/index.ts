/** Completion in one pass: the inpainting network, its training, and the network at work. Knows no file system and no GPU. */
export { defaultConfig, type InpainterConfig, inpainterSpecs } from "./config.js";
export * from "./file.js";
export { Filler } from "./filler.js";
export { trainingMask } from "./holes.js";
export { inpainter } from "./network.js";
export * from "./trainer.js";
export { lossWeight, trainingProgram } from "./training.js";
