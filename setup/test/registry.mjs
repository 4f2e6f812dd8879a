/**
 * Two servers on this machine for the tests of installing: a registry that knows our packed tarballs and nothing else, and a
 * proxy that lets through one host and remembers whom else somebody asked for.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { basename } from "node:path";

const listen = (server) =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

const closing = (server) => () =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

/**
 * A registry of packed tarballs.
 * @param {import("../release/pack.mjs").Packed[]} packed
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serveTarballs(packed) {
  const byName = new Map(packed.map((one) => [one.manifest.name, one]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname.slice(1));
    const tarball = packed.find((one) => basename(one.path) === path);
    if (tarball) return response.end(readFileSync(tarball.path));
    const found = byName.get(path);
    if (!found) return response.writeHead(404).end("{}");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(packument(found, `http://${request.headers.host}`)));
  });
  return { url: await listen(server), close: closing(server) };
}

function packument({ manifest, path }, host) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(readFileSync(path)).digest("base64")}`;
  const dist = { tarball: `${host}/${basename(path)}`, integrity };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

/**
 * A proxy that opens connections to one host and refuses all others.
 * @param {string} allowed a host name
 * @returns {Promise<{ url: string, refused: string[], close: () => Promise<void> }>}
 */
export async function serveProxy(allowed) {
  const refused = [];
  const refuse = (host) => refused.push(host);
  const server = createServer((request, response) => {
    refuse(request.url);
    response.writeHead(403).end();
  });
  server.on("connect", ({ url }, client) => {
    const [host, port] = url.split(":");
    client.on("error", () => {});
    if (host !== allowed) {
      refuse(host);
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(client);
      client.pipe(upstream);
    });
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on("error", end).on("close", end);
    client.on("close", end);
  });
  return { url: await listen(server), refused, close: closing(server) };
}
