/// <reference types="@webgpu/types" />
export * from "../dist/node.js";
