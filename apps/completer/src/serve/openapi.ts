/** The service described for programs that make clients or pages of it: OpenAPI 3.1. */
import { BLENDS } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { MASK_NAMES, NUMBERS, type RequestLimits } from "./request.js";

export interface Described extends RequestLimits {
  readonly queue: number;
  /** Seconds. */
  readonly timeout: number;
  readonly config: DcganConfig;
}

export function openApi({ config: { size }, maxBytes, maxPixels, queue, timeout }: Described) {
  const side = `${size}×${size}`;
  const number = (name: keyof typeof NUMBERS, description: string) => {
    const { whole, min: minimum, max: maximum } = NUMBERS[name];
    return { type: whole ? "integer" : "number", minimum, maximum, description };
  };
  const properties = (file: object) => ({
    image: { ...file, description: `PNG, JPEG or WebP of any size up to ${maxPixels} pixels.` },
    mask: {
      anyOf: [{ type: "string", description: MASK_NAMES.join(", ") }, file],
      default: "center",
      description:
        "What is missing: a word, or an image, white or transparent where it is. alpha: what is transparent in image.",
    },
    missing: {
      type: "string",
      enum: ["white", "black"],
      default: "white",
      description: "What is missing in a mask image.",
    },
    region: {
      type: "string",
      examples: ["auto", "120,80,256,256"],
      description:
        "A square x,y,w,h of the upright image, or auto: around the hole. The answer is then the image at its own size.",
    },
    landmarks: {
      anyOf: [
        { type: "array", items: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 } },
        { type: "string", const: "auto" },
      ],
      description:
        "5 points (eyes, nose tip, mouth corners) or 68 (iBUG order) in pixels of the upright image, or auto to find them: the " +
        "face is turned upright for the model and warped back; the answer is the image at its own size.",
    },
    iterations: number("iterations", "Steps of the search."),
    seed: number("seed", "The same seed gives the same picture."),
    lambda: number("lambda", "How much looking real counts."),
    blend: { type: "string", enum: BLENDS, description: "How the hole meets its edge." },
  });
  const schema = (file: object) => ({
    type: "object",
    required: ["image"],
    additionalProperties: false,
    properties: properties(file),
  });
  const failure = (description: string, headers?: object) => ({
    description,
    ...(headers ? { headers } : {}),
    content: { "application/json": { schema: { type: "object", properties: { error: { type: "string" } } } } },
  });
  const loss = { type: "number" };
  return {
    openapi: "3.1.0",
    info: {
      title: "Kintsugi",
      version: "1",
      description: `Completes what is missing of images, with a model of ${side} pixels.`,
    },
    paths: {
      "/v1/complete": {
        post: {
          operationId: "complete",
          summary: `Completes an image: its central square at ${side}, or a region or a face of it in place.`,
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: schema({ type: "string", contentEncoding: "base64", description: "Base64, or a data URL." }),
              },
              "multipart/form-data": { schema: schema({ type: "string", format: "binary" }) },
            },
          },
          responses: {
            200: {
              description: "The completion: JSON, or with Accept: image/png the PNG alone.",
              content: {
                "application/json": {
                  schema: {
                    type: "object",
                    required: ["image", "iterations", "contextual", "perceptual", "total", "seconds"],
                    properties: {
                      image: { type: "string", description: "A data URL of a PNG." },
                      iterations: { type: "integer" },
                      contextual: loss,
                      perceptual: loss,
                      total: loss,
                      seconds: {
                        type: "number",
                        description: "From the last byte of the request on, waiting included.",
                      },
                    },
                  },
                },
                "image/png": { schema: { type: "string", format: "binary" } },
              },
            },
            400: failure("A field is wrong; the error says which."),
            413: failure(`The body is larger than ${maxBytes} bytes, or an image than ${maxPixels} pixels.`),
            415: failure("Neither JSON nor multipart."),
            500: failure("Our fault; the server's log says why."),
            501: failure(
              "Faces cannot be found here: an optional package is missing; the error says which. Send the landmarks.",
            ),
            503: failure(`${queue} requests wait or run, or the server is shutting down.`, {
              "Retry-After": { schema: { type: "integer" }, description: "Seconds." },
            }),
            504: failure(`It took longer than ${timeout} s.`),
          },
        },
      },
      "/healthz": {
        get: {
          operationId: "health",
          responses: {
            200: { description: "Requests are taken." },
            503: { description: "The server is shutting down." },
          },
        },
      },
      "/metrics": {
        get: { operationId: "metrics", responses: { 200: { description: "Counts in Prometheus' text format." } } },
      },
      "/openapi.json": { get: { operationId: "describe", responses: { 200: { description: "This page." } } } },
    },
  };
}
