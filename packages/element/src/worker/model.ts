/**
 * Gets a model's bytes: from the network with progress, checked against their hash, kept for a visit without network. Asks
 * no host but the one of the model's address.
 */
import { decodeModel, type Model, ModelError, withoutClasses } from "@kintsugi/dcgan";
import { CompleterError, type ModelSource, type Progress } from "../messages.js";

const CACHE = "kintsugi-models";
/** Models kept at a time; the one that was fetched first goes first. */
const KEPT = 4;

export interface FoundModel {
  readonly model: Model;
  readonly offline: boolean;
}

/** Throws CompleterError: model-fetch, model-integrity, model-format. */
export async function findModel(
  { from, integrity }: ModelSource,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<FoundModel> {
  if (typeof from !== "string") {
    const bytes = from instanceof Blob ? new Uint8Array(await from.arrayBuffer()) : from;
    await checkHash(bytes, integrity, "the model");
    return { model: decode(bytes, "the model"), offline: false };
  }
  const cache = await openCache();
  const kept = await cache?.match(from).catch(() => undefined);
  // With a hash, a copy that fits it cannot be out of date.
  if (kept && integrity !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if (await fits(bytes, integrity)) return { model: decode(bytes, from), offline: false };
  }
  const fetched = await download(from, report, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (kept && !kept.bodyUsed) return undefined;
    if (error instanceof CompleterError) throw error;
    throw new CompleterError("model-fetch", `${from}: ${error instanceof Error ? error.message : error}`);
  });
  const bytes = fetched ?? new Uint8Array(await kept!.arrayBuffer());
  await checkHash(bytes, integrity, from);
  const model = decode(bytes, from);
  // Only what was found to be a model is kept; a full disk is no reason to fail.
  if (fetched && cache) await keep(cache, from, bytes).catch(() => {});
  return { model, offline: fetched === undefined };
}

/** Storage is missing without https, and refused in some private windows and in sandboxed frames: then every visit downloads. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}

async function keep(cache: Cache, from: string, bytes: Uint8Array): Promise<void> {
  await cache.put(from, new Response(bytes as Uint8Array<ArrayBuffer>));
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, -KEPT).map((key) => cache.delete(key)));
}

async function download(url: string, report: (progress: Progress) => void, signal: AbortSignal): Promise<Uint8Array> {
  // `no-cache` asks whether the browser's own copy is still right: no stale model, and no second download of an old one.
  const response = await fetch(url, { cache: "no-cache", signal });
  if (!response.ok || !response.body) throw new CompleterError("model-fetch", `${url}: HTTP ${response.status}`);
  const length = Number(response.headers.get("content-length"));
  // Of a compressed answer the length is that of the compressed bytes.
  const total = length > 0 && !response.headers.has("content-encoding") ? length : undefined;
  const parts: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    loaded += part.value.length;
    report({ phase: "model", loaded, total });
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function checkHash(bytes: Uint8Array, integrity: string | undefined, name: string): Promise<void> {
  if (integrity === undefined || (await fits(bytes, integrity))) return;
  throw new CompleterError("model-integrity", `${name}: its bytes are not those of ${integrity}`);
}

/** As browsers check scripts: of several hashes the strongest kind counts. Unlike there, one that nobody knows fits nothing. */
async function fits(bytes: Uint8Array, integrity: string): Promise<boolean> {
  if (!isSecureContext) throw new CompleterError("model-integrity", "hashes can be checked on pages with https only");
  const given = [...integrity.matchAll(/(?<!\S)sha(256|384|512)-([^\s?]+)/g)].map(([, bits, hash]) => ({ bits, hash }));
  const strongest = given
    .map(({ bits }) => bits)
    .sort()
    .at(-1);
  if (!strongest) return false;
  const digest = await crypto.subtle.digest(`SHA-${strongest}`, bytes as Uint8Array<ArrayBuffer>);
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return given.some((each) => each.bits === strongest && each.hash === hash);
}

function decode(bytes: Uint8Array, name: string): Model {
  try {
    return withoutClasses(decodeModel(bytes));
  } catch (error) {
    if (error instanceof ModelError) throw new CompleterError("model-format", `${name}: ${error.message}`);
    throw error;
  }
}
