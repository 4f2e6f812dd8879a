/** The few protocol buffers of TensorBoard's event files, as bytes. Source: tensorflow/core/util/event.proto, summary.proto. */
import type { Histogram } from "./histogram.js";

/** One field with its tag, as bytes. */
type Field = Uint8Array;

/** A `Summary.Value`. */
export type SummaryValue = Uint8Array;

/** What an event says beside when and at which step. */
export type Said = Field;

/** An `Event`: wall_time = 1 (seconds since 1970), step = 2, and what it says. */
export function event(wallTime: number, step: number, said: Said): Uint8Array {
  return Buffer.concat([double(1, wallTime), integer(2, step), said]);
}

/** file_version = 3: what a file opens with. */
export function fileVersion(): Said {
  return bytes(3, Buffer.from("brain.Event:2"));
}

/** session_log = 7, status START = 1: readers forget what earlier files hold of this event's step and later ones. */
export function sessionStart(): Said {
  return bytes(7, integer(1, 1));
}

/** summary = 5, of any number of values. */
export function summary(values: readonly SummaryValue[]): Said {
  return bytes(5, Buffer.concat(values.map((value) => bytes(1, value))));
}

/** tag = 1, simple_value = 2. */
export function scalar(tag: string, value: number): SummaryValue {
  return Buffer.concat([text(1, tag), float(2, value)]);
}

/** tag = 1, image = 4: height = 1, width = 2, colorspace = 3 (1 grey, 3 RGB), encoded_image_string = 4. */
export function image(
  tag: string,
  { width, height, channels, png }: { width: number; height: number; channels: number; png: Uint8Array },
): SummaryValue {
  const body = [integer(1, height), integer(2, width), integer(3, channels), bytes(4, png)];
  return Buffer.concat([text(1, tag), bytes(4, Buffer.concat(body))]);
}

/** tag = 1, histo = 5: min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7. */
export function histogram(tag: string, { min, max, count, sum, squares, limits, buckets }: Histogram): SummaryValue {
  const numbers = [min, max, count, sum, squares].map((value, i) => double(i + 1, value));
  return Buffer.concat([text(1, tag), bytes(5, Buffer.concat([...numbers, doubles(6, limits), doubles(7, buckets)]))]);
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest]);
    out.push((rest % 128) | 128);
  }
}

const key = (field: number, wire: number) => varint(field * 8 + wire);

function integer(field: number, value: number): Field {
  return Buffer.concat([key(field, 0), varint(value)]);
}

function double(field: number, value: number): Field {
  const eight = Buffer.alloc(8);
  eight.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), eight]);
}

function float(field: number, value: number): Field {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return Buffer.concat([key(field, 5), four]);
}

function bytes(field: number, payload: Uint8Array): Field {
  return Buffer.concat([key(field, 2), varint(payload.length), payload]);
}

function text(field: number, value: string): Field {
  return bytes(field, Buffer.from(value));
}

function doubles(field: number, values: readonly number[]): Field {
  const packed = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) packed.writeDoubleLE(value, 8 * i);
  return bytes(field, packed);
}
