// For TypeScript before 6, whose DOM has no WebGPU. With later ones these types would meet their own.
/// <reference types="@webgpu/types" />
export * from "../dist/index.js";
