/** Files on a disk: written whole or not at all, and the system's errors in plain words. Knows no format and imports nothing of ours. */
export { type GrowingFile, openGrowing } from "./append.js";
export { removeLeftovers } from "./leftovers.js";
export { type Attempt, type Ending, FileError, inWords, isSystemError, reasonOf } from "./system_errors.js";
export { type FileInProgress, type Writer, writeAll, writeFileWhole, writeWhole } from "./whole.js";
