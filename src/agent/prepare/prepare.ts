import { chownSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import type { StartOrder } from "../../model/order.ts";
import type { ReadyToStart } from "../core/contract.ts";
import { taskFolder } from "../directories.ts";
import { codeOf } from "../files/open.ts";
import { emptyDirectory } from "../files/removeTree.ts";
import { type TaskUser, type UserRules, userOf } from "../platform/users.ts";
import { bringScript, isScriptStart, type ScriptParts } from "../script/scriptFile.ts";
import type { Download } from "./download.ts";
import { bringFiles } from "./resourceFiles.ts";

export interface PrepareParts extends ScriptParts {
  readonly users: UserRules;
  readonly download: Download;
}

export type Prepared =
  /** `fileToken`: of a fleet script, for its environment; absent: there is none. */
  | ({ readonly ok: true; readonly fileToken?: string } & ReadyToStart)
  | { readonly ok: false; readonly failure: FailureInfo };

/**
 * Makes ready what the process needs: user, directory, resource files, script. Answers at once when nothing has to be waited
 * for, which is what keeps the start of a plain task short. An aborted preparation answers with a failure.
 */
export function prepare(
  order: StartOrder,
  parts: PrepareParts,
  signal: AbortSignal,
): Prepared | Promise<Prepared> {
  const user = userOf(order, parts.users);
  if ("code" in user) return { ok: false, failure: user };
  const directory = `${parts.rootDirectory}/${taskFolder(order.jobId, order.taskId)}`;
  try {
    if (order.keepDirectory && !isScriptStart(order) && existsSync(`${directory}/wd`))
      return ready(directory);
    const isNew = mkdirSync(directory, { recursive: true }) !== undefined;
    const files = order.members[0]?.command.resourceFiles ?? [];
    const waitsForNothing = files.length === 0 && order.script === undefined;
    if (waitsForNothing && (isNew || readdirSync(directory).length === 0)) {
      makeWorkingDirectory(directory, user);
      return { ok: true, offsets: { stdout: 0, stderr: 0 } };
    }
    return prepareSlowly(order, directory, user, parts, signal);
  } catch (error) {
    return { ok: false, failure: directoryFailure(directory, error) };
  }
}

async function prepareSlowly(
  order: StartOrder,
  directory: string,
  user: TaskUser,
  parts: PrepareParts,
  signal: AbortSignal,
): Promise<Prepared> {
  try {
    await emptyDirectory(directory);
    makeWorkingDirectory(directory, user);
  } catch (error) {
    return { ok: false, failure: directoryFailure(directory, error) };
  }
  const files = order.members[0]?.command.resourceFiles ?? [];
  const failure = await bringFiles(files, join(directory, "wd"), user, parts.download, signal);
  if (failure !== null) return { ok: false, failure };
  if (!isScriptStart(order)) return ready(directory);
  const brought = await bringScript(order, user, parts, signal);
  if ("code" in brought) return { ok: false, failure: brought };
  const { startBefore, fileToken } = brought;
  return {
    ...ready(directory),
    ...(startBefore === null ? {} : { startBefore }),
    ...(fileToken === null ? {} : { fileToken }),
  };
}

/** Only the working directory is the user's: what is beside it, the output above all, is the agent's. */
function makeWorkingDirectory(directory: string, user: TaskUser): void {
  const path = join(directory, "wd");
  mkdirSync(path, { mode: 0o755 });
  if (user.uid !== null) chownSync(path, user.uid, user.gid ?? user.uid);
}

/** With how much earlier tries have written. */
function ready(directory: string): Extract<Prepared, { ok: true }> {
  const stdout = sizeOf(join(directory, "stdout.txt"));
  const stderr = sizeOf(join(directory, "stderr.txt"));
  return { ok: true, offsets: { stdout, stderr } };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function directoryFailure(directory: string, error: unknown): FailureInfo {
  const isFull = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
  return {
    category: "servererror",
    code: isFull ? "DiskFull" : "ResourceDirectoryCreateFailed",
    message: `The directory ${directory} could not be made: ${String(error)}.`,
  };
}
