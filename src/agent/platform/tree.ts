import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity, ProcessKey } from "../core/contract.ts";
import type { Groups } from "./groups.ts";
import { isAlive, type ProcessStat, readProcessStat } from "./processIdentity.ts";

/** What belongs to an execution: its group, its session, its descendants, and what carries its mark. */
export interface Tree {
  readonly execution: ProcessKey;
  /** Null: its process is not known. */
  readonly process: ProcessIdentity | null;
}

export interface TreeKeeper {
  /** Signals all processes of the tree once. */
  signal(tree: Tree, signal: NodeJS.Signals): void;
  /** Kills what is left of the tree: true when nothing is left, false if something would not die. */
  clear(tree: Tree): boolean | Promise<boolean>;
}

/** A killed process is gone within this, unless it hangs in the kernel. */
const CLEAR_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 2;
const LOOK_AGAIN_MAX_MS = 100;
/** Rounds of killing one by one before the whole group is killed at once. */
const ROUNDS_ONE_BY_ONE = 3;

/** `rootDirectory` tells executions of several nodes on one machine apart. */
export function newTreeKeeper(groups: Groups, rootDirectory: string, bootId: string): TreeKeeper {
  const mark = markOf(rootDirectory);
  let walk: Promise<Walk> | null = null;
  /** What the next walk has to look at: processes begun since then. */
  let sinceTicks = Number.POSITIVE_INFINITY;
  const members = async (tree: Tree): Promise<readonly number[]> => {
    const grouped = groups.members(tree.execution);
    if (grouped !== null) return grouped;
    const isCurrent = tree.process !== null && tree.process.bootId === bootId;
    sinceTicks = Math.min(sinceTicks, isCurrent ? tree.process.startTicks : 0);
    // One walk serves everybody who asks in the same turn of the event loop: it costs a read for each process.
    walk ??= new Promise(setImmediate).then(() => {
      const since = sinceTicks;
      walk = null;
      sinceTicks = Number.POSITIVE_INFINITY;
      return walkProcesses(mark, since);
    });
    return memberOfWalk(await walk, tree, bootId);
  };
  const kill = (pids: readonly number[], signal: NodeJS.Signals) => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended already.
      }
    }
  };
  const signalTree = async (tree: Tree, signal: NodeJS.Signals) => {
    if (signal === "SIGKILL" && groups.killAll(tree.execution)) return;
    kill(await members(tree), signal);
  };
  return {
    signal(tree, signal) {
      if (tree.process !== null && isAlive(tree.process, bootId)) {
        kill([-tree.process.pid], signal);
        // The group has had it; a second one to the same process could be one too many for its handler.
        if (signal !== "SIGKILL") {
          void members(tree).then((pids) => kill(outsideOf(pids, tree.process), signal));
          return;
        }
      }
      void signalTree(tree, signal);
    },
    clear(tree) {
      // The usual case, without a turn of the event loop.
      return groups.removeEmpty(tree.execution) || clearSlowly(tree);
    },
  };

  async function clearSlowly(tree: Tree): Promise<boolean> {
    let delayMs = LOOK_AGAIN_MS;
    const until = performance.now() + CLEAR_TIMEOUT_MS;
    for (let round = 1; ; round += 1) {
      const pids = await members(tree);
      if (pids.length === 0) break;
      if (performance.now() > until) return false;
      if (round <= ROUNDS_ONE_BY_ONE || !groups.killAll(tree.execution)) kill(pids, "SIGKILL");
      await Bun.sleep(delayMs);
      delayMs = Math.min(delayMs * 2, LOOK_AGAIN_MAX_MS);
    }
    groups.remove(tree.execution);
    return true;
  }
}

function outsideOf(pids: readonly number[], main: ProcessIdentity | null): readonly number[] {
  return pids.filter((pid) => readProcessStat(pid)?.group !== main?.pid);
}

/** One look at all processes of the machine. */
interface Walk {
  readonly stats: readonly ProcessStat[];
  /** Execution numbers by pid, of marked processes of this node. */
  readonly marks: ReadonlyMap<number, number>;
}

/** Nothing older than `sinceTicks` is asked for its mark, which costs more than all the rest. */
function walkProcesses(mark: string, sinceTicks: number): Walk {
  const stats: ProcessStat[] = [];
  const marks = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProcessStat(Number(name));
    if (stat === null || stat.state === "Z" || stat.state === "X") continue;
    stats.push(stat);
    if (stat.startTicks < sinceTicks) continue;
    const execution = executionOf(stat.pid, mark);
    if (execution !== null) marks.set(stat.pid, execution);
  }
  return { stats, marks };
}

/** Processes that carry the mark of any execution of the node. */
export function markedProcesses(rootDirectory: string): readonly number[] {
  return [...walkProcesses(markOf(rootDirectory), 0).marks.keys()];
}

function markOf(rootDirectory: string): string {
  return `\0STINT_NODE_ROOT_DIR=${rootDirectory}\0`;
}

function executionOf(pid: number, mark: string): number | null {
  let environment: string;
  try {
    environment = `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`;
  } catch {
    return null;
  }
  if (!environment.includes(mark)) return null;
  // Members of a group have a key of their own beside their execution's number.
  const found =
    /\0STINT_PROCESS=(\d+)\0/.exec(environment) ?? /\0STINT_EXECUTION=(\d+)\0/.exec(environment);
  return found === null ? null : Number(found[1]);
}

/** Marked processes, the main process's session and group, and the descendants of them all. */
function memberOfWalk(walk: Walk, tree: Tree, bootId: string): number[] {
  const { process: main, execution } = tree;
  const members = new Set<number>();
  const isCurrent = main !== null && main.bootId === bootId;
  const leader = walk.stats.find(({ pid }) => pid === main?.pid);
  const reused = leader !== undefined && leader.startTicks !== main?.startTicks;
  for (const stat of walk.stats) {
    const isMain = isCurrent && stat.pid === main.pid && stat.startTicks === main.startTicks;
    // Its session outlives it; but once that is empty, the number may be another's.
    const isBeside =
      isCurrent &&
      (stat.session === main.pid || stat.group === main.pid) &&
      stat.startTicks >= main.startTicks &&
      !reused;
    const mark = walk.marks.get(stat.pid);
    if (isMain || mark === execution || (isBeside && mark === undefined)) members.add(stat.pid);
  }
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const stat of walk.stats) if (members.has(stat.parent)) members.add(stat.pid);
  }
  return [...members];
}
