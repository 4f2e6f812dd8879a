/** Chromium for the tests, with WebGPU on its software adapter or without WebGPU. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

export const hasChromium = existsSync(EXECUTABLE);

export function launch({ webgpu = true, args = [] as readonly string[] } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--headless=new",
      "--no-sandbox",
      ...args,
      ...(webgpu ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] : []),
    ],
  });
}
