import { realpathSync } from "node:fs";
import { dataLayout, makeDirectories } from "./directories.ts";
import { beginLife, type NodeLife } from "./life.ts";
import { lockDirectory } from "./lock.ts";
import { type AgentEnd, type AgentHandle, type AgentOptions, AgentStartError } from "./options.ts";

/**
 * Runs a node until it is stopped or the server sends it away. Throws AgentStartError when it cannot begin; once it
 * has begun, a server out of reach is waited for.
 */
export async function runAgent(given: AgentOptions): Promise<AgentHandle> {
  requireSafeServer(given);
  const { dataDirectory, rootDirectory, allowedUsers } = given;
  const isShared = allowedUsers.accounts !== null || allowedUsers.named.length > 0;
  makeDirectories(dataDirectory, rootDirectory, isShared);
  const options = { ...given, rootDirectory: realpathSync(rootDirectory) };
  const unlock = lockDirectory(dataLayout(options.dataDirectory), options.dataDirectory);
  const stopping = new AbortController();
  try {
    const first = await beginLife(options, stopping.signal);
    const done = liveOn(first, options, stopping.signal)
      .catch((error): AgentEnd => ({ reason: "failed", message: String(error) }))
      .finally(unlock);
    return {
      done,
      async stop() {
        stopping.abort();
        await done;
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A node that was sent away comes back as a new one if it may. */
async function liveOn(
  first: NodeLife,
  options: AgentOptions,
  signal: AbortSignal,
): Promise<AgentEnd> {
  for (let life = first; ; ) {
    const end = await life.ended;
    const mayReturn = options.joinToken !== null && options.guid === null && !signal.aborted;
    if (end.reason !== "left" || !mayReturn) return end;
    options.logger.info({}, "The server sent this node away; joining anew.");
    life = await beginLife(options, signal);
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function requireSafeServer({ serverUrl, insecure }: AgentOptions): void {
  const url = URL.parse(serverUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AgentStartError(
      `Expected the server's address as http://HOST:PORT or https://HOST:PORT, given ${JSON.stringify(serverUrl)}.`,
    );
  }
  if (url.protocol === "http:" && !insecure && !LOOPBACK.test(url.hostname)) {
    throw new AgentStartError(
      `Expected https beyond this machine, given ${serverUrl}. ` +
        "Use https, or --insecure if the network between is trusted.",
    );
  }
}
