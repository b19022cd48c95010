import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";
import { inMounts, isOwnersMounts } from "./namespaces.ts";
import { inPrivateRoot, type PrivateRoot } from "./privateRoot.ts";
import { isAlive } from "./processIdentity.ts";

/** Which file system a process that is started has before it. */
export interface StartPlace {
  /**
   * Runs `start`, which starts a process and nothing else, at once, and is given the name by which the directory of the
   * control group is found there. Throws what `start` throws, and if there is no such place.
   */
  run<Result>(group: string | null, start: (group: string | null) => Result): Result;
}

/** The node's own. */
export const ON_NODE: StartPlace = { run: (group, start) => start(group) };

/** A root of its own, made for this process. */
export function inNewRoot(root: PrivateRoot): StartPlace {
  return {
    run: (group, start) => withGroup(group, (name) => inPrivateRoot(root, () => start(name))),
  };
}

/** That of a process that runs. `bootId` is the present one. */
export function whereRuns(process: ProcessIdentity, bootId: string): StartPlace {
  return {
    run(group, start) {
      const mounts = openSync(`/proc/${process.pid}/ns/mnt`, "r");
      try {
        // Its number may have become another's, but not since it was opened.
        if (!isAlive(process, bootId)) throw new Error("the task has ended");
        if (fstatSync(mounts).ino === statSync("/proc/thread-self/ns/mnt").ino) return start(group);
        if (!isOwnersMounts(mounts)) {
          throw new Error("the task is in a user namespace of its own, where nothing else is run");
        }
        return withGroup(group, (name) => inMounts(mounts, () => start(name)));
      } finally {
        closeSync(mounts);
      }
    },
  };
}

/** Control groups may not be seen there: the directory is opened before. */
function withGroup<Result>(group: string | null, use: (group: string | null) => Result): Result {
  if (group === null) return use(null);
  const directory = openSync(group, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(`/proc/self/fd/${directory}`);
  } finally {
    closeSync(directory);
  }
}
