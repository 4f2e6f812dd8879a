/** The connections of a server, and how it ends: those that ask for nothing keep nobody waiting. */
import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface Connections {
  /** Closes those without a request at hand: idle, silent, or in the middle of a header. */
  endIdle(): void;
  endAll(): void;
}

export function trackConnections(server: Server): Connections {
  const requests = new Map<Socket, number>();
  server.on("connection", (socket: Socket) => {
    requests.set(socket, 0);
    socket.once("close", () => requests.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = requests.get(socket);
      if (left !== undefined) requests.set(socket, left - 1);
    });
  });
  return {
    endIdle() {
      for (const [socket, count] of requests) if (count === 0) socket.destroy();
    },
    endAll() {
      for (const socket of requests.keys()) socket.destroy();
    },
  };
}
