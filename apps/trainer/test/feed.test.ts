/** When images stay on the device. */
import type { Backend } from "@kintsugi/autodiff";
import { expect, it } from "vitest";
import { RESIDENT_BUDGET, staysOnDevice, whyNotResident } from "../src/feed.js";

const backend = (more: Partial<Backend>) => more as Backend;
const images = (count: number) => ({ count, size: 64, channels: 3, bytes: new Uint8Array() });
const GPU = backend({ largest: 2 ** 31 - 4 });

it("images stay up to a gibibyte, more only when asked", () => {
  expect(staysOnDevice(GPU, images(9183))).toBe(true);
  const most = Math.floor(RESIDENT_BUDGET / 12288);
  expect(staysOnDevice(GPU, images(most))).toBe(true);
  expect(staysOnDevice(GPU, images(most + 1))).toBe(false);
  expect(whyNotResident(GPU, images(most + 1))).toBeUndefined();
});

it("never where a buffer cannot be so large", () => {
  const small = backend({ largest: 2 ** 27 });
  expect(staysOnDevice(small, images(9183))).toBe(true);
  expect(staysOnDevice(small, images(11000))).toBe(false);
  expect(whyNotResident(small, images(11000))).toBe("the images have 128 MiB, and a buffer of this GPU holds 128 MiB");
});

it("on the CPU they stay in memory, whose size alone counts", () => {
  const cpu = backend({ lacks: new Set(["pickImages"]) });
  expect(staysOnDevice(cpu, images(9183))).toBe(true);
  expect(whyNotResident(cpu, images(500_000))).toBeUndefined();
});
