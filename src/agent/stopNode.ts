import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ProcessIdentity } from "./core/contract.ts";
import { dataLayout } from "./directories.ts";
import { removeContainers } from "./drivers/docker/strays.ts";
import { readHolder } from "./lock.ts";
import type { Groups } from "./platform/groups.ts";
import { nodeGroups } from "./platform/nodeGroups.ts";
import { isAlive, kernelBootId } from "./platform/processIdentity.ts";
import { markedProcesses } from "./platform/tree.ts";
import { readShimIdentity } from "./shim/identity.ts";
import { readShimJournal } from "./shim/shimJournal.ts";

export interface NodePlace {
  readonly dataDirectory: string;
  readonly rootDirectory: string;
  readonly cgroups: "auto" | "off";
}

/** A killed process is gone within this, unless it hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 10;
const CLOSE_ATTEMPTS = 50;

/**
 * Stops a node as pulling its plug would: agent, shims and every process of its executions are killed, whoever started
 * them; its files stay. Resolves when they are gone; false if something would not die. A node that does not run is fine.
 */
export async function stopNode(place: NodePlace): Promise<boolean> {
  const layout = dataLayout(place.dataDirectory);
  const holder = readHolder(layout);
  if (holder !== null && holder.pid !== process.pid) {
    if (!(await killAll(() => aliveOf([holder])))) return false;
  }
  return stopProcesses(place);
}

/** As stopNode, but the agent itself, which may be the caller, is left alone. */
export async function stopProcesses(place: NodePlace): Promise<boolean> {
  const { shimsDirectory } = dataLayout(place.dataDirectory);
  // The shims first: from then on nothing new is started.
  if (!(await killAll(() => shimPids(shimsDirectory)))) return false;
  const directories = listDirectories(shimsDirectory);
  const mains = directories.flatMap((directory) =>
    [...readShimJournal(directory).values()].flatMap(({ started }) =>
      started === null ? [] : [started.process],
    ),
  );
  const groups = existsSync(place.rootDirectory) ? nodeGroups(place) : null;
  const root = resolve(place.rootDirectory);
  const isClear = await killAll(() => [
    ...aliveOf(mains),
    ...groupMembers(groups),
    ...markedProcesses(root),
  ]);
  await removeContainers(dataLayout(place.dataDirectory).containersDirectory);
  // What was just killed may not have gone for the kernel yet.
  for (let attempt = 1; attempt <= CLOSE_ATTEMPTS && groups?.close() === false; attempt += 1) {
    await Bun.sleep(LOOK_AGAIN_MS);
  }
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
  return isClear;
}

/** Empties the folders of a node that is no node any more. What is mounted is not ours to remove. */
export async function emptyNode(rootDirectory: string): Promise<void> {
  for (const folder of ["workitems", "volatile", "shared", "startup", "applications"]) {
    const path = join(rootDirectory, folder);
    for (const name of listNames(path)) {
      await rm(join(path, name), { recursive: true, force: true });
    }
  }
}

/** Also those that were started a moment ago and have not written down who they are. */
function shimPids(shimsDirectory: string): number[] {
  const identities = listDirectories(shimsDirectory).flatMap(
    (directory) => readShimIdentity(directory) ?? [],
  );
  const argument = `\0shim\0${resolve(shimsDirectory)}/`;
  const starting = listNames("/proc").filter((name) => readCommandLine(name).includes(argument));
  return [...new Set([...aliveOf(identities), ...starting.map(Number)])];
}

/** Empty for what is no process, or a dead one. */
function readCommandLine(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "latin1") : "";
  } catch {
    return "";
  }
}

function aliveOf(identities: readonly ProcessIdentity[]): number[] {
  const bootId = kernelBootId();
  return identities
    .filter((identity) => isAlive({ ...identity, bootId: kernelPart(identity.bootId) }, bootId))
    .map(({ pid }) => pid);
}

/** A provider's boot id stands before the kernel's (see nodeBootId). */
function kernelPart(bootId: string): string {
  return bootId.slice(bootId.lastIndexOf("/") + 1);
}

function groupMembers(groups: Groups | null): number[] {
  return (groups?.present() ?? []).flatMap((execution) => groups?.members(execution) ?? []);
}

async function killAll(find: () => readonly number[]): Promise<boolean> {
  const until = performance.now() + KILL_TIMEOUT_MS;
  for (;;) {
    const pids = find();
    if (pids.length === 0) return true;
    if (performance.now() > until) return false;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await Bun.sleep(LOOK_AGAIN_MS);
  }
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function listDirectories(directory: string): string[] {
  return listNames(directory).map((name) => join(directory, name));
}
