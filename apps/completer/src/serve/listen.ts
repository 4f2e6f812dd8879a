/** Servers as they begin to listen. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CommandError, exitCodes } from "@kintsugi/terminal";

/**
 * @param option which names the port, for the message
 * @returns the port
 */
export async function listen(server: Server, port: number, host: string, option = "--port"): Promise<number> {
  server.listen(port, host);
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
    const message = `cannot listen on ${host} port ${port}: ${reason}; choose another ${option} or --host`;
    throw new CommandError(message, exitCodes.failed, { cause });
  });
  return (server.address() as AddressInfo).port;
}
