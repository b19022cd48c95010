import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";
import { type FileUser, openDirectoryAs, openFileCalls } from "./fileUser.ts";
import { inMounts, isOwnersMounts } from "./namespaces.ts";
import { inPrivateRoot, type PrivateRoot } from "./privateRoot.ts";
import { isAlive } from "./processIdentity.ts";

/** The process's working directory is not there for it. */
export class WorkDirectoryError extends Error {
  override readonly name = "WorkDirectoryError";
}

/** What a process that is started is to have. */
export interface StartWish {
  /** Directory of its control group, as the node has it; null: the agent's. */
  readonly group: string | null;
  /** Its working directory, as an absolute path that it sees. */
  readonly cwd: string;
  /** Who has to be able to enter that; null: root. */
  readonly user: FileUser | null;
}

/** By which names that is found in the place. */
export interface StartNames {
  readonly group: string | null;
  readonly cwd: string;
}

/** Which file system a process that is started has before it. */
export interface StartPlace {
  /**
   * Runs `start`, which starts a process and nothing else, at once. Throws what `start` throws, and if there is no such
   * place, or no such directory in it.
   */
  run<Result>(wish: StartWish, start: (names: StartNames) => Result): Result;
}

/** The node's own. */
export const ON_NODE: StartPlace = { run: ({ group, cwd }, start) => start({ group, cwd }) };

/** A root of its own, made for this process. */
export function inNewRoot(root: PrivateRoot): StartPlace {
  return {
    run: (wish, start) => withGroup(wish, (go) => inPrivateRoot(root, () => go(start))),
  };
}

/** That of a process that runs. `bootId` is the present one. */
export function whereRuns(process: ProcessIdentity, bootId: string): StartPlace {
  return {
    run(wish, start) {
      const mounts = openSync(`/proc/${process.pid}/ns/mnt`, "r");
      try {
        // Its number may have become another's, but not since it was opened.
        if (!isAlive(process, bootId)) throw new Error("the task has ended");
        if (fstatSync(mounts).ino === statSync("/proc/thread-self/ns/mnt").ino) return start(wish);
        if (!isOwnersMounts(mounts)) {
          throw new Error("the task is in a user namespace of its own, where nothing else is run");
        }
        return withGroup(wish, (go) => inMounts(mounts, () => go(start)));
      } finally {
        closeSync(mounts);
      }
    },
  };
}

/** Control groups may not be seen there: the directory is opened before. `go` is to be called in the place. */
function withGroup<Result>(
  { group, cwd, user }: StartWish,
  use: (go: (start: (names: StartNames) => Result) => Result) => Result,
): Result {
  const go = (name: string | null) => (start: (names: StartNames) => Result) =>
    withDirectory(cwd, user, (directory) => start({ group: name, cwd: directory }));
  openFileCalls();
  if (group === null) return use(go(null));
  const file = openSync(group, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(go(`/proc/self/fd/${file}`));
  } finally {
    closeSync(file);
  }
}

/** A process enters its directory as root still, which may go where links of /proc lead, and through closed directories. */
function withDirectory<Result>(
  path: string,
  user: FileUser | null,
  use: (path: string) => Result,
): Result {
  const file = openDirectoryAs(path, user);
  if (file === null) {
    throw new WorkDirectoryError(`there is no directory ${path} that its user may enter`);
  }
  try {
    return use(`/proc/self/fd/${file}`);
  } finally {
    closeSync(file);
  }
}
