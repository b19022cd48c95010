import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";
import {
  becomeProgram,
  becomeUser,
  enterDirectory,
  openProgramCalls,
  presentParent,
  refuseNewRights,
  takeForStandardFiles,
} from "../platform/becomeProgram.ts";
import {
  isOwnersMounts,
  joinMounts,
  leaveMounts,
  openMountOf,
  placeMount,
} from "../platform/namespaces.ts";
import { CONSOLE, enterPrivateRoot, OwnDirectoryError } from "../platform/privateRoot.ts";
import { isAlive } from "../platform/processIdentity.ts";
import { ORDER_FILE, type StarterOrder, type StarterWord, WORD_FILE } from "./order.ts";

/**
 * A process that goes where a program is to run and becomes that program, by execve. Mounts, directories and rights are a
 * thread's on Linux, and this thread takes them along; all others, whenever the engine has begun them and wherever they are,
 * end with it. Returns only if it could not.
 */
export function runStarter(parent: number): number {
  try {
    become(JSON.parse(readFileSync(ORDER_FILE, "utf8")) as StarterOrder, parent);
  } catch (error) {
    const by = error instanceof TaskError || error instanceof OwnDirectoryError ? "task" : "node";
    say({ word: "failed", by, reason: (error as Error).message });
    return 1;
  }
}

/** The program, its directory or its own files are not as they should be. */
class TaskError extends Error {}

function become(order: StarterOrder, parent: number): never {
  openProgramCalls();
  const groups = order.groups.flatMap(openGroup);
  const terminal = order.hasTerminal ? openMountOf(0) : null;
  go(order.where);
  if (terminal !== null) placeTerminal(terminal);
  // As late as can be: what was needed until here is not the task's memory.
  for (const group of groups) joinGroup(group);
  if (order.user !== null) becomeUser(order.user);
  if (!enterDirectory(order.cwd)) {
    throw new TaskError(`there is no directory ${order.cwd} that its user may enter`);
  }
  refuseNewRights();
  try {
    becomeProgram(order, () => {
      // Whoever wanted it is gone and has not written down that it began.
      if (presentParent() !== parent) throw new Error("nobody waits for it any more");
      say({ word: "becoming" });
    });
  } catch (error) {
    throw new TaskError((error as Error).message, { cause: error });
  }
}

interface OpenGroup {
  readonly file: number;
  readonly isFirst: boolean;
}

function openGroup(directory: string, index: number): OpenGroup[] {
  const isFirst = index === 0;
  try {
    const file = openSync(`${directory}/cgroup.procs`, constants.O_WRONLY);
    return [{ file, isFirst }];
  } catch (error) {
    if (isFirst) throw error;
    return [];
  }
}

function joinGroup({ file, isFirst }: OpenGroup): void {
  try {
    writeSync(file, String(process.pid));
  } catch (error) {
    if (isFirst) throw error;
  }
}

function go(where: StarterOrder["where"]): void {
  switch (where.kind) {
    case "newRoot":
      enterPrivateRoot(where.root);
      return;
    case "beside":
      enterBeside(where.process, where.bootId);
  }
}

function enterBeside(process: ProcessIdentity, bootId: string): void {
  const mounts = openSync(`/proc/${process.pid}/ns/mnt`, "r");
  try {
    // Its number may have become another's, but not since it was opened.
    if (!isAlive(process, bootId)) throw new Error("the task has ended");
    if (fstatSync(mounts).ino === statSync("/proc/thread-self/ns/mnt").ino) return;
    if (!isOwnersMounts(mounts)) {
      throw new Error("the task is in a user namespace of its own, where nothing else is run");
    }
    joinMounts(mounts);
  } finally {
    closeSync(mounts);
  }
}

/** The terminal is the node's and has no name there: it is given one, which this program alone sees. */
function placeTerminal(terminal: number): void {
  leaveMounts();
  placeMount(terminal, CONSOLE);
  const file = openSync(CONSOLE, constants.O_RDWR | constants.O_NOCTTY);
  takeForStandardFiles(file);
}

function say(word: StarterWord): void {
  writeSync(WORD_FILE, `${JSON.stringify(word)}\n`);
}
