/**
 * What a back end needs beside the interfaces of `program.ts`: a program's nodes in their order and
 * as steps, what is known of each kind, and the checks all share.
 */
export * from "./checks.js";
export { fuse, isLeaf, replacesOf, type Step } from "./fuse.js";
export { show } from "./graph.js";
export { type Facts, factsOf, type HostKind, KINDS } from "./kinds.js";
export { leaving, schedule } from "./program.js";
