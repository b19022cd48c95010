import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import type { ProcessKey } from "../../core/contract.ts";
import { removeFiles } from "./containerRun.ts";
import { KEY_LABEL, NODE_LABEL } from "./containerSpec.ts";
import { ContainerEngine } from "./engine.ts";
import { findEngineSocket } from "./socket.ts";

/** Tells the containers of several nodes on one machine apart; `directory` is where the node keeps their files. */
export function nodeLabelOf(directory: string): string {
  return createHash("sha256").update(directory).digest("hex").slice(0, 12);
}

/** Removes containers of this node with none of these keys, and their files. A node that never had any asks nobody. */
export async function removeStrays(
  engine: ContainerEngine,
  directory: string,
  keys: ReadonlySet<ProcessKey>,
): Promise<void> {
  if (!existsSync(directory)) return;
  const label = `${NODE_LABEL}=${nodeLabelOf(directory)}`;
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const found = await engine.json<{ Id: string; Labels: Record<string, string> }[]>(
    "GET",
    `/containers/json?all=true&filters=${filters}`,
  );
  for (const { Id, Labels } of found) {
    if (keys.has(Number(Labels[KEY_LABEL]))) continue;
    await engine.act("DELETE", `/containers/${Id}?force=true&v=true`);
  }
  for (const file of readdirSync(directory)) {
    const key = Number(/^(\d+)\.(run|status)\.json$/.exec(file)?.[1] ?? Number.NaN);
    if (!Number.isNaN(key) && !keys.has(key)) removeFiles(directory, key);
  }
}

/** Removes all containers of a node that is stopped or gone; an engine that does not answer has none to speak of. */
export async function removeContainers(directory: string): Promise<void> {
  const socketPath = findEngineSocket(Bun.env["DOCKER_HOST"], Bun.env["XDG_RUNTIME_DIR"]);
  if (socketPath === null) return;
  await removeStrays(new ContainerEngine(() => socketPath), directory, new Set()).catch(
    () => undefined,
  );
}
