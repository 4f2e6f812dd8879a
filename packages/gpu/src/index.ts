export * from "./browser.js";
export * from "./device.js";
export * from "./dispatch.js";
export * from "./errors.js";
export * from "./patience.js";
export * from "./profile.js";
export * from "./recording.js";
