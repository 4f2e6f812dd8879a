import { compare, peerCases } from "./peers/compare.js";
const all = peerCases(Number(process.argv[3] ?? 2), [Number(process.argv[4] ?? 8)]);
const cases = all.filter((c) => process.argv[2] === "all" || c.kind === process.argv[2]);
await compare({ batch: 0, widths: [], say: (l) => console.log(l), seconds: 1, cases });
process.exit(0);
