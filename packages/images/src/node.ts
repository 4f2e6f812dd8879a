/** Image files for Node: folders as data sets, single images and masks, PNG. Knows no mask semantics and no GPU. */
export { type Aligned, type AlignFolderOptions, alignFolder } from "./align/align_folder.js";
export { faceApiProvider } from "./align/face_api.js";
export { type LandmarkProvider, readLandmarks } from "./align/landmark_files.js";
export { MAX_PIXELS } from "./decoder.js";
export {
  describeLeftOut,
  findImages,
  findSurvey,
  type ImageFile,
  kindOf,
  type LeftOut,
  listImages,
  type Survey,
  surveyImages,
} from "./files.js";
export {
  type Decoded,
  decodeInOrder,
  type LoadedFolder,
  type LoadOptions,
  loadFolder,
  type Skipped,
} from "./folder.js";
export { FORMAT_NAMES, FORMATS, formatOf, hasImageName } from "./formats.js";
export { type Picture, withChannels } from "./image.js";
export {
  encodePicture,
  pictureSize,
  readPicture,
  resample,
  writePicture,
} from "./picture.js";
export { type Crop, type MaskPixels, type ReadImage, type ReadOptions, readImage, readMask } from "./read.js";
export { escapeXml, FONT, rasterise, svgToPng } from "./svg.js";
export { encodeWebp, encodeWebpFilm, type WebpFilmOptions } from "./webp.js";
export { encodePng, writePng } from "./write.js";
