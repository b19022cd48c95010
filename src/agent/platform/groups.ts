import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ResourceLimits } from "../../model/taskSpec.ts";
import { codeOf } from "../files/open.ts";
import type { SpawnGroups } from "../shim/message.ts";
import type { GroupLayout } from "./groupLayout.ts";

/** Control groups of a node's executions, one for each, found again by the execution's number. */
export interface Groups {
  /** What cannot be isolated here, for people; empty when everything can. */
  readonly shortcomings: readonly string[];
  /** Makes the execution's group with its limits. Null: there are no groups here. */
  create(execution: ExecutionNumber, limits: ResourceLimits | undefined): SpawnGroups | null;
  /** Processes in the group; null when there is no such group. */
  members(execution: ExecutionNumber): readonly number[] | null;
  /** Kills everything in the group at once; false where that cannot be done in one. */
  killAll(execution: ExecutionNumber): boolean;
  /** Removes the group if nothing runs in it: true when there is none any more. */
  removeEmpty(execution: ExecutionNumber): boolean;
  /** Removes the group, of which nothing runs any more, later if need be. */
  remove(execution: ExecutionNumber): void;
  /** Executions that have a group. */
  present(): readonly ExecutionNumber[];
  /** Removes the node's own groups with all that are empty below them: the node is gone. False: some are left. */
  close(): boolean;
}

const CPU_PERIOD_US = 100_000;

/** No groups: trees are found by session and environment, and nothing is limited. */
export function withoutGroups(reason: string): Groups {
  return {
    shortcomings: [`memory, CPU and process limits are not enforced: ${reason}`],
    create: () => null,
    members: () => null,
    killAll: () => false,
    removeEmpty: () => false,
    remove: () => undefined,
    present: () => [],
    close: () => true,
  };
}

/**
 * Groups of the node below the agent's own. `name` tells nodes of one machine apart.
 */
export function openGroups(layout: GroupLayout, name: string): Groups {
  if (layout.kind === "none") return withoutGroups(layout.reason);
  try {
    return layout.kind === "v2" ? openUnified(layout.own, name) : openSplit(layout, name);
  } catch (error) {
    return withoutGroups(String(error));
  }
}

function openUnified(own: string, name: string): Groups {
  const top = basename(own) === AGENT_LEAF ? dirname(own) : own;
  const base = join(top, name);
  mkdirSync(base, { recursive: true });
  const enabled = enableBelow(base, enableOwn(top, CONTROLLERS));
  const missing = CONTROLLERS.filter((controller) => !enabled.includes(controller));
  const has = (controller: string) => !missing.includes(controller);
  const pathOf = (execution: ExecutionNumber) => join(base, String(execution));
  return {
    shortcomings: missing.map((controller) => `no limit of ${controller}`),
    create(execution, limits) {
      const path = pathOf(execution);
      makeGroup(path);
      for (const [file, value] of unifiedLimits(limits)) {
        if (has(file.slice(0, file.indexOf(".")))) writeFileSync(join(path, file), value);
      }
      return {
        first: path,
        further: [],
        peakMemoryPath: has("memory") ? join(path, "memory.peak") : null,
        cpuStatPath: join(path, "cpu.stat"),
      };
    },
    members: (execution) => membersOf(pathOf(execution)),
    killAll: (execution) => writeIfThere(join(pathOf(execution), "cgroup.kill"), "1"),
    removeEmpty: (execution) => removeIfEmpty(pathOf(execution)),
    remove: (execution) => removeLater([pathOf(execution)]),
    present: () => groupNumbers(base),
    close: () => removeGroup(base),
  };
}

const AGENT_LEAF = "stint-agent";
const CONTROLLERS = ["memory", "cpu", "pids"];

/** Hands controllers on to the groups below; returns those that could be. */
function enableBelow(directory: string, controllers: readonly string[]): readonly string[] {
  const file = join(directory, "cgroup.subtree_control");
  return controllers.filter((controller) => writeIfThere(file, `+${controller}`));
}

/**
 * As enableBelow, for the agent's own group. A group with processes of its own cannot hand controllers on, so the agent
 * moves into a leaf of it, as a service with Delegate=yes is meant to do. Processes of others are left alone.
 */
function enableOwn(directory: string, controllers: readonly string[]): readonly string[] {
  const enabled = enableBelow(directory, controllers);
  const members = membersOf(directory) ?? [];
  const isAlone = members.length === 1 && members[0] === process.pid;
  if (enabled.length === controllers.length || !isAlone) return enabled;
  try {
    const leaf = join(directory, AGENT_LEAF);
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, "cgroup.procs"), String(process.pid));
  } catch {
    return enabled;
  }
  return enableBelow(directory, controllers);
}

function unifiedLimits(limits: ResourceLimits | undefined): [string, string][] {
  const files: [string, string][] = [];
  if (limits?.memoryBytes !== undefined) files.push(["memory.max", String(limits.memoryBytes)]);
  if (limits?.cpuCores !== undefined) {
    files.push(["cpu.max", `${Math.round(limits.cpuCores * CPU_PERIOD_US)} ${CPU_PERIOD_US}`]);
  }
  if (limits?.processes !== undefined) files.push(["pids.max", String(limits.processes)]);
  return files;
}

function openSplit(layout: Extract<GroupLayout, { kind: "v1" }>, name: string): Groups {
  const bases = {
    memory: openBase(layout.memory, name),
    cpu: openBase(layout.cpu, name),
    pids: openBase(layout.pids, name),
    unified: openBase(layout.unified, name),
  };
  // One group suffices to find the tree again, the others only where a limit asks. A process is put into a unified one
  // as it is made; into one of v1 it has to be moved, and the kernel takes 10 to 30 ms for a move out of the blue.
  const primary = bases.unified ?? bases.memory ?? bases.pids ?? bases.cpu;
  if (primary === null) return withoutGroups("control groups cannot be written");
  const all = Object.values(bases).filter((base) => base !== null);
  const pathOf = (execution: ExecutionNumber) => join(primary, String(execution));
  /** Of this life of the agent, and in the primary hierarchy alone, as most are. */
  const plain = new Set<ExecutionNumber>();
  /** Where it may have groups. */
  const pathsOf = (execution: ExecutionNumber) =>
    plain.has(execution) ? [pathOf(execution)] : all.map((base) => join(base, String(execution)));
  return {
    shortcomings: (["memory", "cpu", "pids"] as const)
      .filter((controller) => bases[controller] === null)
      .map((controller) => `no limit of ${controller}`),
    create(execution, limits) {
      const number = String(execution);
      const paths = new Set([pathOf(execution)]);
      makeGroup(pathOf(execution));
      if (limits === undefined) plain.add(execution);
      for (const [base, file, value] of splitLimits(bases, limits)) {
        const path = join(base, number);
        makeGroup(path);
        writeFileSync(join(path, file), value);
        paths.add(path);
      }
      return spawnGroups(bases, number, pathOf(execution), paths);
    },
    members(execution) {
      const found = pathsOf(execution)
        .map(membersOf)
        .filter((pids) => pids !== null);
      return found.length === 0 ? null : [...new Set(found.flat())];
    },
    killAll(execution) {
      if (bases.unified === null) return false;
      return killThrough(join(bases.unified, String(execution)), pathsOf(execution));
    },
    removeEmpty(execution) {
      const isGone = pathsOf(execution).map(removeIfEmpty).every(Boolean);
      if (isGone) plain.delete(execution);
      return isGone;
    },
    remove(execution) {
      removeLater(pathsOf(execution));
      plain.delete(execution);
    },
    present: () => groupNumbers(primary),
    close: () => all.map(removeGroup).every(Boolean),
  };
}

/** In which order a process joins the groups that were made for it. */
function spawnGroups(
  bases: SplitBases,
  number: string,
  primary: string,
  made: ReadonlySet<string>,
): SpawnGroups {
  const madeBelow = (base: string | null): string | null => {
    const path = base === null ? null : join(base, number);
    return path !== null && made.has(path) ? path : null;
  };
  const memory = madeBelow(bases.memory);
  const unified = madeBelow(bases.unified);
  // What is used before a move stays with the shim, and who has forked before it has got away with it.
  const first = memory ?? madeBelow(bases.pids) ?? primary;
  return {
    first,
    further: [...made].filter((path) => path !== first),
    peakMemoryPath: memory === null ? null : join(memory, "memory.max_usage_in_bytes"),
    // Every group of the unified hierarchy counts its time, whatever its controllers.
    cpuStatPath: unified === null ? null : join(unified, "cpu.stat"),
  };
}

function openBase(own: string | null, name: string): string | null {
  if (own === null) return null;
  const base = join(own, name);
  try {
    mkdirSync(base, { recursive: true });
    return base;
  } catch {
    return null;
  }
}

type SplitBases = Record<"memory" | "cpu" | "pids" | "unified", string | null>;

function splitLimits(
  bases: SplitBases,
  limits: ResourceLimits | undefined,
): [base: string, file: string, value: string][] {
  const files: [string | null, string, string][] = [];
  if (limits?.memoryBytes !== undefined) {
    files.push([bases.memory, "memory.limit_in_bytes", String(limits.memoryBytes)]);
  }
  if (limits?.cpuCores !== undefined) {
    files.push([bases.cpu, "cpu.cfs_period_us", String(CPU_PERIOD_US)]);
    const quota = Math.round(limits.cpuCores * CPU_PERIOD_US);
    files.push([bases.cpu, "cpu.cfs_quota_us", String(quota)]);
  }
  if (limits?.processes !== undefined) {
    files.push([bases.pids, "pids.max", String(limits.processes)]);
  }
  return files.filter((entry): entry is [string, string, string] => entry[0] !== null);
}

/** v1 cannot kill a group; the unified hierarchy beside it can, once all members are in a group of it. */
function killThrough(unified: string, paths: readonly string[]): boolean {
  try {
    makeGroup(unified);
  } catch {
    return false;
  }
  for (const path of paths) {
    if (path === unified) continue;
    for (const pid of membersOf(path) ?? []) {
      writeIfThere(join(unified, "cgroup.procs"), String(pid));
    }
  }
  return writeIfThere(join(unified, "cgroup.kill"), "1");
}

function membersOf(path: string): readonly number[] | null {
  try {
    return readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return null;
  }
}

function writeIfThere(path: string, text: string): boolean {
  try {
    writeFileSync(path, text);
    return true;
  } catch {
    return false;
  }
}

/** One is there already when the agent died between making it and using it; the node's own may have been tidied away. */
function makeGroup(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(path, { recursive: true });
  }
}

/** In one call: the kernel refuses to remove a group in which something runs. */
function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}

const REMOVE_AGAIN_MS = 50;
const REMOVE_ATTEMPTS = 5;

/** What has just been killed may need a moment to be gone for the kernel too. */
function removeLater(paths: readonly string[], attempt = 1): void {
  const left = paths.filter((path) => !removeIfEmpty(path));
  if (left.length === 0) return;
  setTimeout(() => {
    if (attempt < REMOVE_ATTEMPTS) removeLater(left, attempt + 1);
    else for (const path of left) removeGroup(path);
  }, REMOVE_AGAIN_MS);
}

/** True: it is gone. Tasks may have made groups below their own. */
function removeGroup(path: string): boolean {
  if (removeIfEmpty(path)) return true;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  }
  return removeIfEmpty(path);
}

function groupNumbers(base: string): ExecutionNumber[] {
  try {
    return readdirSync(base)
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}
