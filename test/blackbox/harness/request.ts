import type { ServerProcess } from "./server.ts";

export interface RawAnswer {
  readonly status: number;
  /** The body if it was JSON. */
  readonly body: unknown;
}

/** A request that no typed client would send. */
export async function request(
  server: Pick<ServerProcess, "url" | "token">,
  line: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Sends the path's bytes as they stand, which no URL parser lets through; answers status line and body. */
export async function sendRawPath(
  server: Pick<ServerProcess, "url" | "token">,
  path: string,
): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open(socket) {
        const lines = [
          `GET ${path} HTTP/1.1`,
          `host: ${hostname}`,
          `authorization: Bearer ${server.token}`,
          "connection: close",
        ];
        socket.write(`${lines.join("\r\n")}\r\n\r\n`);
      },
      data(_, chunk) {
        text += Buffer.from(chunk).toString("latin1");
      },
      close: () => resolve(text),
      error: () => resolve(text),
    },
  });
  return await promise;
}
