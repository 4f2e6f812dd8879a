/** Image files for Node: folders as data sets, single images and masks, PNG. Knows no mask semantics and no GPU. */
export { type ImageFile, listImages } from "./files.js";
export { type LoadedFolder, type LoadOptions, loadFolder, type Skipped } from "./folder.js";
export { encodePicture, type Picture, readPicture, resample, withChannels, writePicture } from "./picture.js";
export { type Crop, type MaskPixels, type ReadImage, type ReadOptions, readImage, readMask } from "./read.js";
export { encodePng, writeBytes, writePng } from "./write.js";
