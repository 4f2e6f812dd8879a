/** What a back end needs beside the interfaces of `program.ts`: the order of a program's nodes, and the checks all share. */
export * from "./checks.js";
export { show } from "./graph.js";
export { schedule } from "./program.js";
