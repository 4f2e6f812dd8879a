export * from "./config.js";
export * from "./model.js";
export * from "./networks.js";
export * from "./trainer.js";
export * from "./training.js";
