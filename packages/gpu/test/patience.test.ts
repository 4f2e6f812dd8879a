import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { patiently } from "../src/patience.js";

/** A promise that keeps the event loop turning until it settles, as Dawn's do. */
function polled(milliseconds: number): { promise: Promise<string>; turns: () => number } {
  let turns = 0;
  const begin = performance.now();
  const promise = new Promise<string>((resolve) => {
    const poll = () => {
      turns++;
      if (performance.now() - begin < milliseconds) setImmediate(poll);
      else resolve("done");
    };
    setImmediate(poll);
  });
  return { promise, turns: () => turns };
}

test("the event loop turns about once a millisecond while something is waited for", async () => {
  const { promise, turns } = polled(50);
  expect(await Promise.all([patiently(promise), patiently(promise)])).toEqual(["done", "done"]);
  expect(turns()).toBeLessThanOrEqual(60);
});

test("timers go on, and nobody naps afterwards", async () => {
  const order: string[] = [];
  const timer = sleep(10).then(() => order.push("timer"));
  await patiently(polled(40).promise);
  order.push("promise");
  await timer;
  expect(order).toEqual(["timer", "promise"]);
  const { promise, turns } = polled(20);
  await promise;
  expect(turns()).toBeGreaterThan(200);
});

test("a rejection passes through", async () => {
  await expect(patiently(Promise.reject(new Error("no")))).rejects.toThrow("no");
});
