import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "../../../src/client/client.ts";
import type { Sandbox } from "./sandbox.ts";
import { DEADLINE_MS, until } from "./until.ts";

/** A real server process. */
export interface ServerProcess {
  readonly client: Client;
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly data: string;
  /** What it has printed so far. */
  output(): string;
  /** Sends the signal and waits for its end; answers the exit code, or null after a signal's death. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ServerOptions {
  /** Of an earlier server, to go on with. */
  readonly data?: string;
  readonly executable?: string;
  readonly port?: number;
  /** Further words of the command line. */
  readonly words?: readonly string[];
  /** `dev`: with nodes of its own. Default `server`, which can have local nodes. */
  readonly role?: "server" | "dev";
}

/** Starts `stint server` (or `dev`) and waits until it serves. */
export async function startServer(
  sandbox: Sandbox,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const { role = "server", port = 0, words = [], executable } = options;
  const data = options.data ?? join(sandbox.folder("server"), "data");
  const file = join(data, "server.json");
  rmSync(file, { force: true });
  const localNodes = role === "server" && !words.includes("--local-nodes");
  const child = sandbox.spawn(
    [role, "--data", data, "--port", String(port), ...words].concat(
      localNodes ? ["--local-nodes", "on"] : [],
    ),
    executable === undefined ? {} : { executable },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
    })();
  }
  const found = await until(
    "the server to serve",
    () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`The server ended with ${child.exitCode ?? child.signalCode}: ${text}`);
      }
      return readServerFile(file);
    },
    (value) => value !== null,
  );
  const { url, token } = found ?? { url: "", token: "" };
  let isAsked = false;
  void child.exited.then(() => {
    // A test that finds nobody there shall not leave us guessing.
    const isKilled = child.signalCode !== null;
    if (isAsked || isKilled) return;
    console.error(`Server ${child.pid} at ${url} ended by itself with ${child.exitCode}: ${text}`);
  });
  return {
    client: createClient({ url, token }),
    url,
    token,
    pid: child.pid,
    data,
    output: () => text,
    async end(signal = "SIGTERM") {
      isAsked = true;
      child.kill(signal);
      await child.exited;
      return child.signalCode === null ? child.exitCode : null;
    },
  };
}

function readServerFile(file: string): { url: string; token: string } | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
  } catch {
    // It is being written.
    return null;
  }
}

/** A pool of local nodes, all of them ready. */
export async function createLocalPool(
  client: Client,
  id: string,
  nodes: number,
  slots: number,
): Promise<string[]> {
  await client.pools.create({
    id,
    provider: "local",
    targetDedicatedNodes: nodes,
    taskSlotsPerNode: slots,
  });
  return await untilNodesAre(client, id, nodes);
}

/** Waits until the pool has so many nodes that can be given work; answers their ids. */
export async function untilNodesAre(client: Client, poolId: string, count: number) {
  const nodes = await until(
    `${count} nodes that are ready`,
    async () => (await client.nodes.list({ poolId })).items,
    (items) =>
      items.filter(
        ({ state, contact }) =>
          contact === "connected" && (state === "idle" || state === "running"),
      ).length === count && items.length === count,
    DEADLINE_MS,
  );
  return nodes.map(({ id }) => id).sort();
}

/** The folder of a local node, which holds its agent's data and its root. */
export async function nodeFolder(server: ServerProcess, nodeId: string): Promise<string> {
  const { guid } = await server.client.nodes.get(nodeId);
  return join(server.data, "nodes", guid);
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: () => undefined },
  });
  const { port } = listener;
  listener.stop(true);
  return port;
}
