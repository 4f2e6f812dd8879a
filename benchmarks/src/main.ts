/** `npm run bench`: the suite in Node, on the adapter that Dawn finds. */
import { cpus, platform, release, arch } from "node:os";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { runSuite } from "./run.js";
const open = () => openNodeDevice(["disable-dawn-features=timestamp_quantization"]);
const report = await runSuite({ open, timestamps: true, groups: process.argv.slice(2), say: (l) => console.log(l),
 machine: { processor: `${cpus().length} × ${cpus()[0]?.model}`, system: `${platform()} ${release()} ${arch()}` } });
console.log(report.date); process.exit(0);
