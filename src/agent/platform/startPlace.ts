import { readFileSync, writeFileSync } from "node:fs";
import type { SpawnGroups } from "../shim/message.ts";
import type { StarterFailure } from "../starter/order.ts";
import type { ProcessUser, Program } from "./becomeProgram.ts";

/** What a process that is started is to be. */
export interface ProgramStart extends Program {
  /** As an absolute path that it sees. */
  readonly cwd: string;
  /** Null: those of whoever starts it. For starts on the node; elsewhere it is `user`. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Null: as whoever starts it. */
  readonly user: ProcessUser | null;
  /** Null: those of whoever starts it. */
  readonly groups: SpawnGroups | null;
}

/** What is to be given to Bun.spawn, beside what becomes of input and output. */
export interface SpawnWords {
  readonly words: string[];
  readonly options: {
    readonly argv0: string;
    readonly cwd: string;
    readonly env: Record<string, string>;
    /** It has a session of its own. */
    readonly detached: true;
    readonly uid?: number;
    readonly gid?: number;
    readonly cgroup?: string;
  };
  /** Open files that it is given after the first three. */
  readonly further: readonly number[];
}

/** A process that was started. */
export interface Started<Child> {
  /** It has its number from now on, and ends as the program ends. */
  readonly child: Child;
  /** Resolves when the program has begun (null), or could not. Null: it has. */
  readonly begun: Promise<StarterFailure | null> | null;
}

/** Which file system a process that is started has before it. */
export interface StartPlace {
  /** Throws what `spawn` throws. `hasTerminal`: what `spawn` gives it is a terminal. */
  start<Child extends Bun.Subprocess>(
    start: ProgramStart,
    hasTerminal: boolean,
    spawn: (words: SpawnWords) => Child,
  ): Started<Child>;
}

/** The node's own. */
export const ON_NODE: StartPlace = {
  start({ program, argv, cwd, env, uid, gid, groups }, _, spawn) {
    const child = spawn({
      words: [program, ...argv.slice(1)],
      options: {
        argv0: argv[0] ?? program,
        cwd,
        env: { ...env },
        detached: true,
        ...(uid === null ? {} : { uid }),
        ...(gid === null ? {} : { gid }),
        ...(groups === null ? {} : { cgroup: groups.first }),
      },
      further: [],
    });
    if (groups !== null) joinFurther(groups, child.pid);
    return { child, begun: null };
  },
};

/** Children that the process made before it was moved are moved after it, until no new one shows up. */
function joinFurther(groups: SpawnGroups, pid: number): void {
  for (const directory of groups.further) {
    const moved = new Set<string>();
    for (let found = [String(pid)]; found.length > 0; ) {
      for (const member of found) {
        moved.add(member);
        writeQuietly(`${directory}/cgroup.procs`, member);
      }
      found = membersOf(groups.first).filter((member) => !moved.has(member));
    }
  }
}

function writeQuietly(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // It has ended already.
  }
}

function membersOf(group: string): string[] {
  try {
    return readFileSync(`${group}/cgroup.procs`, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
