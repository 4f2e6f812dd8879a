export { type Communicator, joinJob } from "./communicator.js";
export { type Family, type Launch, launchOf } from "./launch.js";
export { MpiError } from "./library.js";
