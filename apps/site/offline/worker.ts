/**
 * The service worker: keeps the built site for visits without network. Pages come from the network where there is one, so that
 * none is ever stale; what they load bears a hash in its name, and comes from here. Models that a person has used are kept by
 * `<image-completer>`.
 */

/** Of all that is built: what to keep at once, and a hash of it. Filled in by `keep.ts`. */
declare const KEPT: { readonly version: string; readonly files: readonly string[] };

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
const worker = self as unknown as {
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", heard: (event: Lasting) => void): void;
  addEventListener(type: "fetch", heard: (event: Fetching) => void): void;
};

const HOME = new URL("./", location.href).href;
const OURS = `kintsugi-site ${HOME} `;
const NAME = OURS + KEPT.version;
/** Every asset is one file, whatever a request for it says besides. */
const LOOSELY = { ignoreSearch: true, ignoreVary: true };

const isAsset = (url: string) => url.startsWith(`${HOME}assets/`);

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(HOME)) return;
  event.respondWith(request.mode === "navigate" ? page(request) : part(event));
});

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  // What has no hash in its name may lie in the browser's own cache from before.
  const fresh = (url: string) => new Request(url, { cache: isAsset(url) ? "default" : "no-cache" });
  await cache.addAll(KEPT.files.map((file) => fresh(HOME + file)));
}

/** A version takes over when no page of the one before is open: such a page may still load parts of its own. */
async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(OURS) && name !== NAME) await caches.delete(name);
  await worker.clients.claim();
}

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const { origin, pathname } = new URL(request.url);
    const address = origin + pathname.replace(/\/$/, "/index.html");
    const cache = await caches.open(NAME);
    // Some hosts serve pages without their ending.
    const kept = (await cache.match(address, LOOSELY)) ?? (await cache.match(`${address}.html`, LOOSELY));
    if (!kept) throw error;
    // Nobody may answer the opening of a page with what a redirection led to.
    return kept.redirected ? new Response(kept.body, { headers: kept.headers }) : kept;
  }
}

async function part(event: Fetching): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(NAME);
  const kept = await cache.match(request, LOOSELY);
  if (kept) return kept;
  try {
    const response = await fetch(request);
    if (response.ok && isAsset(request.url) && !request.url.endsWith(".safetensors")) {
      event.waitUntil(cache.put(request, response.clone()).catch(() => {}));
    }
    return response;
  } catch (error) {
    // Perhaps a model that the completer has kept.
    const other = await caches.match(request, LOOSELY);
    if (other) return other;
    throw error;
  }
}
