import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import {
  choice,
  counted,
  duration,
  fileName,
  indices,
  integer,
  numberBetween,
  positiveInteger,
  positiveIntegers,
  positiveNumber,
  seed,
} from "../src/index.js";

describe("option parsers", () => {
  it.each([
    ["integer", integer("pixels"), { "-3": -3, "1e3": 1000 }, ["1.5", "", " ", "x", "1e30"], /whole number of pixels/],
    ["positiveInteger", positiveInteger("steps"), { "25": 25 }, ["0", "-1", "2.5", "Infinity"], /steps, at least 1/],
    [
      "positiveNumber",
      positiveNumber("seconds"),
      { "0.25": 0.25 },
      ["0", "-1", "NaN", "Infinity", ""],
      /seconds above 0/,
    ],
    ["positiveNumber without a unit", positiveNumber(), { "2e-4": 2e-4 }, ["0", "x"], /^Give a number above 0/],
    [
      "numberBetween",
      numberBetween({ min: 0, max: 1, below: true }),
      { "0": 0, "0.9": 0.9 },
      ["1", "-0.1", ""],
      /from 0 to below 1/,
    ],
    ["an open range", numberBetween({ min: 0, max: 1, above: true }), { "1": 1 }, ["0", "1.1"], /above 0 to 1/],
    ["fileName", fileName(".png"), { "a/b.png": "a/b.png", "c.PNG": "c.PNG" }, ["a.jpg", "png", ""], /ends in \.png/],
    [
      "indices",
      indices("images"),
      { "7": [7], "0, 3,7-9,7": [0, 3, 7, 8, 9, 7], "4-4": [4] },
      ["", "1,", "-1", "9-7", "1.5", "a", "0-99999999", "0-9999,0-9999"],
      /numbers of images, counted from 0/,
    ],
    [
      "positiveIntegers",
      positiveIntegers("channels"),
      { "16": [16], "64, 16,64": [64, 16] },
      ["", "16,", "0", "8-16", "1.5"],
      /numbers of channels, at least 1, with commas/,
    ],
    ["choice", choice(["adam", "momentum"]), { adam: "adam" }, ["Adam", ""], /adam, momentum/],
    [
      "seed",
      seed,
      { "0": 0, "4294967295": 4294967295, "0x10": 16 },
      ["-1", "4294967296", "1.5", ""],
      /0 to 4294967295/,
    ],
  ])("%s", (_name, parse, accepted: Record<string, unknown>, refused, message) => {
    for (const [text, value] of Object.entries(accepted)) expect(parse(text)).toEqual(value);
    for (const text of refused) {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
      expect(() => parse(text)).toThrow(message);
    }
  });
});

it("counts in words", () => {
  expect([0, 1, 2].map((number) => counted(number, "image"))).toEqual(["0 images", "1 image", "2 images"]);
});

it.each([
  [undefined, "?"],
  [0.4, "0 s"],
  [59.6, "1 min 00 s"],
  [185, "3 min 05 s"],
  [7620, "2 h 07 min"],
])("duration(%s) reads %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
