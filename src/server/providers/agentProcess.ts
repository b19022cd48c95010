import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalNode, LocalProviderParts } from "./localProvider.ts";

/** An agent that runs, as far as this server knows. */
export interface AgentProcess {
  readonly pid: number;
  /** Stops the agent alone; its processes run on under their shim. */
  stop(): Promise<void>;
}

/** What `stint local-node DIRECTORY` reads: written by the provider, read by the agent's process. */
export interface LaunchFile {
  readonly serverUrl: string;
  readonly joinToken: string | null;
  readonly name: string;
  readonly slots: number;
  readonly guid: string;
  readonly bootId: string;
  /** Of the executable: an agent of another version is replaced, and its executions adopted. */
  readonly version: string;
}

export const LAUNCH_FILE = "launch.json";
const LOG_FILE = "agent.log";
/** An agent that was found running, as it is not a child of this process, is looked at this often. */
const WATCH_MS = 1_000;
const STOP_TIMEOUT_MS = 10_000;

/** The data directory of a local node's agent, below its folder. */
export function dataDirectoryOf(directory: string): string {
  return join(directory, "agent");
}

/** AZ_BATCH_NODE_ROOT_DIR of a local node. */
export function rootDirectoryOf(directory: string): string {
  return join(directory, "root");
}

/** Starts the agent of a local node, or takes over the one that runs already for the same server. */
export async function startAgent(
  node: LocalNode,
  directory: string,
  joinToken: string | null,
  parts: LocalProviderParts,
  onExit: () => void,
): Promise<AgentProcess> {
  const launch: LaunchFile = {
    serverUrl: parts.serverUrl(),
    joinToken,
    name: node.name,
    slots: node.slots,
    guid: node.guid,
    bootId: node.bootId,
    version: parts.version,
  };
  const running = await parts.findAgent(dataDirectoryOf(directory));
  if (running !== null) {
    if (isSameServer(directory, launch)) return watchAgent(running, parts, onExit);
    await stopPid(running, parts.isAlive);
  }
  writeFileSync(join(directory, LAUNCH_FILE), JSON.stringify(launch), { mode: 0o600 });
  return spawnAgent(directory, parts, onExit);
}

function isSameServer(directory: string, launch: LaunchFile): boolean {
  const file = join(directory, LAUNCH_FILE);
  if (!existsSync(file)) return false;
  const before = JSON.parse(readFileSync(file, "utf8")) as LaunchFile;
  const same = (key: "serverUrl" | "bootId" | "version") => before[key] === launch[key];
  return same("serverUrl") && same("bootId") && same("version");
}

function spawnAgent(
  directory: string,
  parts: LocalProviderParts,
  onExit: () => void,
): AgentProcess {
  const log = openSync(join(directory, LOG_FILE), "a", 0o600);
  const child = Bun.spawn([...parts.selfCommand, "local-node", directory], {
    cwd: directory,
    stdin: "ignore",
    stdout: log,
    stderr: log,
    detached: true,
    onExit: () => onExit(),
  });
  closeSync(log);
  child.unref();
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await child.exited;
      clearTimeout(timer);
    },
  };
}

function watchAgent(pid: number, parts: LocalProviderParts, onExit: () => void): AgentProcess {
  const timer = setInterval(() => {
    if (parts.isAlive(pid)) return;
    clearInterval(timer);
    onExit();
  }, WATCH_MS);
  timer.unref();
  return {
    pid,
    async stop() {
      clearInterval(timer);
      await stopPid(pid, parts.isAlive);
    },
  };
}

async function stopPid(pid: number, isAlive: (pid: number) => boolean): Promise<void> {
  const begun = performance.now();
  try {
    process.kill(pid, "SIGTERM");
    while (isAlive(pid)) {
      if (performance.now() - begun > STOP_TIMEOUT_MS) process.kill(pid, "SIGKILL");
      await Bun.sleep(5);
    }
  } catch {
    // It is gone.
  }
}
