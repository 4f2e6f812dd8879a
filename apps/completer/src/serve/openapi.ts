/** The service described for programs that make clients or pages of it: OpenAPI 3.1. */
import type { DcganConfig } from "@kintsugi/dcgan";
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { type Asked, describe, FIELDS, PICTURE, REQUEST } from "./fields.js";

export interface Described {
  readonly maxBytes: number;
  readonly maxPixels: number;
  readonly queue: number;
  /** Seconds. */
  readonly timeout: number;
  readonly config: DcganConfig;
}

/** @param file how a picture is written in this kind of body */
function propertyOf(name: keyof Asked, file: JsonSchema): JsonSchema {
  const { $schema: _, ...schema } = toJsonSchema(REQUEST.entries[name], {
    target: "draft-2020-12",
    errorMode: "ignore",
    overrideSchema: ({ valibotSchema }) => ((valibotSchema as unknown) === PICTURE ? file : undefined),
  });
  const description = describe(name);
  return { ...schema, description: `${description[0]!.toUpperCase()}${description.slice(1)}.` };
}

export function openApi({ config: { size }, maxBytes, maxPixels, queue, timeout }: Described) {
  const side = `${size}×${size}`;
  const schema = (file: JsonSchema) => ({
    type: "object",
    required: ["image"],
    additionalProperties: false,
    properties: Object.fromEntries(FIELDS.map((name) => [name, propertyOf(name, file)])),
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
            401: failure("The bearer token is missing or wrong."),
            403: failure("A page of another origin asks, and --allow-origin does not name it."),
            408: failure("The upload is too slow."),
            413: failure(`The body is larger than ${maxBytes} bytes, or an image than ${maxPixels} pixels.`),
            415: failure("Neither JSON nor multipart, or a Content-Encoding that is not known."),
            421: failure("The Host header names another host."),
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
