import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";
import type { ServerProcess } from "./server.ts";
import { until } from "./until.ts";

/** A machine that joins by itself: `stint agent` in folders of its own. */
export interface Host {
  readonly data: string;
  readonly root: string;
  /** Words of its command line. */
  readonly words: readonly string[];
  readonly tokenFile: string;
}

export async function newHost(
  sandbox: Sandbox,
  server: ServerProcess,
  poolId: string,
  name: string,
): Promise<Host> {
  const folder = sandbox.folder(`host-${name}`);
  const data = join(folder, "data");
  const root = join(folder, "root");
  mkdirSync(data);
  const tokenFile = join(folder, "join-token");
  const { token } = await server.client.tokens.createJoinToken({ poolId, uses: 1 });
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  const words = ["agent", "--server", server.url, "--name", name, "--data", data, "--root", root];
  return { data, root, tokenFile, words: [...words, "--join-token-file", tokenFile] };
}

export async function untilConnected(server: ServerProcess, nodeId: string) {
  return await until(
    `${nodeId} to be connected`,
    async () => (await server.client.nodes.list()).items.find(({ id }) => id === nodeId) ?? null,
    (node) => node?.contact === "connected",
  );
}
