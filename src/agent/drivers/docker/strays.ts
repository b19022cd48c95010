import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import type { ProcessKey } from "../../core/contract.ts";
import { removeFiles } from "./containerRun.ts";
import { KEY_LABEL, NODE_LABEL } from "./containerSpec.ts";
import { ContainerEngine, isAway } from "./engine.ts";
import { findEngineSocket } from "./socket.ts";

/** Tells the containers of several nodes on one machine apart; `directory` is where the node keeps their files. */
export function nodeLabelOf(directory: string): string {
  return createHash("sha256").update(directory).digest("hex").slice(0, 12);
}

/** An engine that does not remove a container within this counts as away. */
const REMOVE_MAX_MS = 30_000;
const FIRST_DELAY_MS = 500;
const DELAY_MAX_MS = 10_000;

/** Ends it if it runs; false: there is none, or it is being removed. Throws EngineError. */
export function removeContainer(engine: ContainerEngine, name: string): Promise<boolean> {
  const signal = AbortSignal.timeout(REMOVE_MAX_MS);
  return engine.act("DELETE", `/containers/${name}?force=true&v=true`, { signal });
}

/**
 * Does it again until the engine answers, so that nothing of a container outlives an absence of its engine. Throws what
 * is no such absence.
 */
export async function untilAnswered(work: () => Promise<unknown>): Promise<void> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, DELAY_MAX_MS)) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    // The next life of the agent looks for what is left, too.
    setTimeout(resolve, delayMs).unref();
    await promise;
  }
}

/**
 * Removes containers of this node with none of these keys, and their files. `held` is asked once it is known which there
 * are. A node that never had any asks nobody. Throws EngineError.
 */
export async function removeStrays(
  engine: ContainerEngine,
  directory: string,
  held: () => ReadonlySet<ProcessKey>,
): Promise<void> {
  if (!existsSync(directory)) return;
  const label = `${NODE_LABEL}=${nodeLabelOf(directory)}`;
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const found = await engine.json<{ Id: string; Labels: Record<string, string> }[]>(
    "GET",
    `/containers/json?all=true&filters=${filters}`,
    { signal: AbortSignal.timeout(REMOVE_MAX_MS) },
  );
  const files = readdirSync(directory);
  const keys = held();
  for (const { Id, Labels } of found) {
    if (!keys.has(Number(Labels[KEY_LABEL]))) await removeContainer(engine, Id);
  }
  for (const file of files) {
    const key = Number(/^(\d+)\.(run|status)\.json$/.exec(file)?.[1] ?? Number.NaN);
    if (!Number.isNaN(key) && !keys.has(key)) removeFiles(directory, key);
  }
}

/** Removes all containers of a node that is stopped or gone; an engine that does not answer has none to speak of. */
export async function removeContainers(directory: string): Promise<void> {
  const socketPath = findEngineSocket(Bun.env["DOCKER_HOST"], Bun.env["XDG_RUNTIME_DIR"]);
  if (socketPath === null) return;
  await removeStrays(new ContainerEngine(() => socketPath), directory, () => new Set()).catch(
    () => undefined,
  );
}
