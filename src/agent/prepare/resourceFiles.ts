import { closeSync, constants, fchmodSync, fchownSync, unlinkSync } from "node:fs";
import type { FailureInfo } from "../../model/failure.ts";
import type { ResourceFile } from "../../model/taskSpec.ts";
import {
  codeOf,
  entryOf,
  isRefusal,
  makeDirectoryPath,
  openEntry,
  type PathRefusal,
  splitPath,
  withDirectory,
} from "../files/open.ts";
import type { TaskUser } from "../platform/users.ts";
import { type Download, ResourceError } from "./download.ts";
import { writeContent } from "./writeContent.ts";

/** More at once would not be faster, and a task of a thousand files would shut out the others. */
const FILES_AT_ONCE = 4;
const FILE_MODE = "0770";

/** Brings all files into the working directory; null when they are there, else why the first one could not be had. */
export async function bringFiles(
  files: readonly ResourceFile[],
  workingDirectory: string,
  user: TaskUser,
  download: Download,
  signal: AbortSignal,
): Promise<FailureInfo | null> {
  // The first failure ends the others: the task will not run.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = [...files];
  let failure: FailureInfo | null = null;
  const work = async () => {
    for (let file = queue.shift(); file !== undefined && !either.aborted; file = queue.shift()) {
      const found = await bringFile(file, workingDirectory, user, download, either);
      if (found === null) continue;
      failure ??= found;
      failed.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, files.length) }, work));
  return failure;
}

async function bringFile(
  file: ResourceFile,
  workingDirectory: string,
  user: TaskUser,
  download: Download,
  signal: AbortSignal,
): Promise<FailureInfo | null> {
  const target = createFile(workingDirectory, file.filePath, user);
  if (typeof target !== "number") return target;
  try {
    await writeContent(target, file, download, signal);
    if (user.uid !== null) fchownSync(target, user.uid, user.gid ?? user.uid);
    // After the owner: a change of owner takes setuid bits away.
    fchmodSync(target, Number.parseInt(file.fileMode ?? FILE_MODE, 8));
    return null;
  } catch (error) {
    if (error instanceof ResourceError) return error.failure;
    return writeFailure(file.filePath, error);
  } finally {
    closeSync(target);
  }
}

/** A new file of that name, never one that a link leads to; directories on the way are made. */
function createFile(
  workingDirectory: string,
  filePath: string,
  user: TaskUser,
): number | FailureInfo {
  const names = splitPath(filePath);
  if (names === null || names.length === 0) {
    return createFailure(
      "usererror",
      `Expected a path below the working directory, given ${JSON.stringify(filePath)}.`,
    );
  }
  try {
    const made = withDirectory(workingDirectory, [], (start) => createBelow(start, names, user));
    if (!isRefusal(made)) return made;
    if (made.refused === "Failed") return writeFailure(filePath, { code: made.code });
    return createFailure("usererror", `Resource file ${filePath}: ${made.message}`);
  } catch (error) {
    return writeFailure(filePath, error);
  }
}

function createBelow(
  start: number,
  names: readonly string[],
  user: TaskUser,
): number | PathRefusal {
  const directory = makeDirectoryPath(start, names.slice(0, -1), (made) => {
    if (user.uid !== null) fchownSync(made, user.uid, user.gid ?? user.uid);
  });
  if (isRefusal(directory)) return directory;
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const file = openEntry(directory, names, flags, 0o600);
    if (!isRefusal(file) || file.refused !== "Failed" || file.code !== "EEXIST") return file;
    // The list names a path twice: the last one wins.
    unlinkSync(entryOf(directory, names.at(-1) ?? ""));
    return openEntry(directory, names, flags, 0o600);
  } finally {
    closeSync(directory);
  }
}

function createFailure(category: FailureInfo["category"], message: string): FailureInfo {
  return { category, code: "ResourceFileCreateFailed", message };
}

function writeFailure(filePath: string, error: unknown): FailureInfo {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const message = `The disk is full; resource file ${filePath} could not be written.`;
    return { category: "servererror", code: "DiskFull", message };
  }
  const reason = error instanceof Error ? error.message : code;
  return {
    category: "servererror",
    code: "ResourceFileWriteFailed",
    message: `Resource file ${filePath} could not be written: ${reason}.`,
  };
}
