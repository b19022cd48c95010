import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import type { StartOrder } from "../../model/order.ts";
import type { OutputOffsets } from "../core/contract.ts";
import { taskFolder } from "../directories.ts";
import type { TaskUser } from "../platform/users.ts";

export type Prepared =
  | { readonly ok: true; readonly offsets: OutputOffsets }
  | { readonly ok: false; readonly failure: FailureInfo };

/** Makes the task's directory; true if it was kept as it was, so that nothing needs to be downloaded again. */
export function makeTaskDirectory(
  rootDirectory: string,
  order: StartOrder,
  user: TaskUser,
): { readonly kept: boolean } | FailureInfo {
  const directory = join(rootDirectory, taskFolder(order.jobId, order.taskId));
  const workingDirectory = join(directory, "wd");
  try {
    if (order.keepDirectory && existsSync(workingDirectory)) return { kept: true };
    mkdirSync(directory, { recursive: true });
    // Links are removed, never followed.
    for (const name of readdirSync(directory)) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
    mkdirSync(workingDirectory, { mode: 0o755 });
    if (user.uid !== null) chownSync(workingDirectory, user.uid, user.gid ?? user.uid);
    return { kept: false };
  } catch (error) {
    return directoryFailure(directory, error);
  }
}

function directoryFailure(directory: string, error: unknown): FailureInfo {
  const code = (error as { code?: string }).code;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return {
    category: "servererror",
    code: isFull ? "DiskFull" : "ResourceDirectoryCreateFailed",
    message: `The directory ${directory} could not be made: ${String(error)}.`,
  };
}

/** How much earlier tries have written. */
export function outputOffsets(rootDirectory: string, order: StartOrder): OutputOffsets {
  const directory = join(rootDirectory, taskFolder(order.jobId, order.taskId));
  return {
    stdout: sizeOf(join(directory, "stdout.txt")),
    stderr: sizeOf(join(directory, "stderr.txt")),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
