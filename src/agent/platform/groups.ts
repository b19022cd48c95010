import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ResourceLimits } from "../../model/taskSpec.ts";
import type { ProcessKey } from "../core/contract.ts";
import { codeOf } from "../files/open.ts";
import type { SpawnGroups } from "../shim/message.ts";
import type { GroupLayout } from "./groupLayout.ts";

/** What a control group can bound. */
export interface GroupLimits extends ResourceLimits {
  /** Of the CPU while others want it too, in v1's unit, in which 1024 is the usual. */
  readonly cpuShares?: number;
}

/** Control groups of a node's processes, one for each with all that comes of it, found again by its key. */
export interface Groups {
  /** Directory that each process's group is made in; null: there are no groups here. */
  readonly parent: string | null;
  /** What cannot be isolated here, for people; empty when everything can. */
  readonly shortcomings: readonly string[];
  /** Makes the process's group with its limits. Null: there are no groups here. */
  create(key: ProcessKey, limits: GroupLimits | undefined): SpawnGroups | null;
  /** Processes in the group; null when there is no such group. */
  members(key: ProcessKey): readonly number[] | null;
  /** Whether the kernel has killed anything in the group for want of memory. */
  isOutOfMemory(key: ProcessKey): boolean;
  /** Kills everything in the group at once; false where that cannot be done in one. */
  killAll(key: ProcessKey): boolean;
  /** Removes the group if nothing runs in it: true when there is none any more. */
  removeEmpty(key: ProcessKey): boolean;
  /** Removes the group, of which nothing runs any more, later if need be. */
  remove(key: ProcessKey): void;
  /** Keys that have a group. */
  present(): readonly ProcessKey[];
  /** Removes the node's own groups with all that are empty below them: the node is gone. False: some are left. */
  close(): boolean;
}

/** Whether nothing runs of the process any more, as far as its group tells. */
export function isEmptied(groups: Groups, key: ProcessKey): boolean {
  return groups.parent !== null && (groups.members(key) ?? []).length === 0;
}

const CPU_PERIOD_US = 100_000;

/** No groups: trees are found by session and environment, and nothing is limited. */
export function withoutGroups(reason: string): Groups {
  return {
    parent: null,
    shortcomings: [`memory, CPU and process limits are not enforced: ${reason}`],
    create: () => null,
    members: () => null,
    isOutOfMemory: () => false,
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
  const pathOf = (key: ProcessKey) => join(base, String(key));
  return {
    parent: base,
    shortcomings: missing.map((controller) => `no limit of ${controller}`),
    create(key, limits) {
      const path = pathOf(key);
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
    members: (key) => membersOf(pathOf(key)),
    isOutOfMemory: (key) => hasOomKill(join(pathOf(key), "memory.events")),
    killAll: (key) => writeIfThere(join(pathOf(key), "cgroup.kill"), "1"),
    removeEmpty: (key) => removeIfEmpty(pathOf(key)),
    remove: (key) => removeLater([pathOf(key)]),
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

function unifiedLimits(limits: GroupLimits | undefined): [string, string][] {
  const files: [string, string][] = [];
  if (limits?.memoryBytes !== undefined) files.push(["memory.max", String(limits.memoryBytes)]);
  if (limits?.cpuCores !== undefined) {
    files.push(["cpu.max", `${Math.round(limits.cpuCores * CPU_PERIOD_US)} ${CPU_PERIOD_US}`]);
  }
  if (limits?.cpuShares !== undefined) {
    files.push(["cpu.weight", String(weightOf(limits.cpuShares))]);
  }
  if (limits?.processes !== undefined) files.push(["pids.max", String(limits.processes)]);
  return files;
}

/** The unified hierarchy's unit is from 1 to 10000, v1's from 2 to 262144 (as container engines turn them). */
function weightOf(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262_144);
  return Math.floor(1 + ((bounded - 2) * 9_999) / 262_142);
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
  const pathOf = (key: ProcessKey) => join(primary, String(key));
  /** Of this life of the agent, and in the primary hierarchy alone, as most are. */
  const plain = new Set<ProcessKey>();
  /** Where it may have groups. */
  const pathsOf = (key: ProcessKey) =>
    plain.has(key) ? [pathOf(key)] : all.map((base) => join(base, String(key)));
  return {
    parent: primary,
    shortcomings: (["memory", "cpu", "pids"] as const)
      .filter((controller) => bases[controller] === null)
      .map((controller) => `no limit of ${controller}`),
    create(key, limits) {
      const number = String(key);
      const paths = new Set([pathOf(key)]);
      makeGroup(pathOf(key));
      if (limits === undefined) plain.add(key);
      for (const [base, file, value] of splitLimits(bases, limits)) {
        const path = join(base, number);
        makeGroup(path);
        writeFileSync(join(path, file), value);
        paths.add(path);
      }
      return spawnGroups(bases, number, pathOf(key), paths);
    },
    members(key) {
      const found = pathsOf(key)
        .map(membersOf)
        .filter((pids) => pids !== null);
      return found.length === 0 ? null : [...new Set(found.flat())];
    },
    isOutOfMemory: (key) =>
      bases.memory !== null && hasOomKill(join(bases.memory, String(key), "memory.oom_control")),
    killAll(key) {
      if (bases.unified === null) return false;
      return killThrough(join(bases.unified, String(key)), pathsOf(key));
    },
    removeEmpty(key) {
      const isGone = pathsOf(key).map(removeIfEmpty).every(Boolean);
      if (isGone) plain.delete(key);
      return isGone;
    },
    remove(key) {
      removeLater(pathsOf(key));
      plain.delete(key);
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
  limits: GroupLimits | undefined,
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
  if (limits?.cpuShares !== undefined) {
    files.push([bases.cpu, "cpu.shares", String(Math.max(limits.cpuShares, 2))]);
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

function hasOomKill(path: string): boolean {
  try {
    return /^oom_kill [1-9]/m.test(readFileSync(path, "utf8"));
  } catch {
    return false;
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

function groupNumbers(base: string): ProcessKey[] {
  try {
    return readdirSync(base)
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}
