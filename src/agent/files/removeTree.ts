import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { codeOf, entryOf } from "./open.ts";

/** After so many entries others get their turn. */
const ENTRIES_AT_ONCE = 256;
const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Needs no right on the directory itself. */
const LINUX_O_PATH = 0o10000000;

interface Pace {
  entries: number;
}

/**
 * Removes a file or a tree; it is fine if there is none. Links are removed, never followed, also when one is swapped in
 * meanwhile: the agent may be root, and what it removes belongs to others. Throws when something cannot be removed.
 */
export async function removeTree(path: string): Promise<void> {
  let parent: number;
  try {
    parent = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  try {
    await removeEntry(parent, basename(path), { entries: 0 });
  } finally {
    closeSync(parent);
  }
}

/** Removes what is in the directory, but not the directory itself. */
export async function emptyDirectory(path: string): Promise<void> {
  const directory = openWritable(path);
  try {
    await removeEntries(directory, { entries: 0 });
  } finally {
    closeSync(directory);
  }
}

/** Opens a directory, also one that a task has closed to its own user, which an agent that is not root is too. */
function openWritable(path: string): number {
  if (process.getuid?.() !== 0) {
    const directory = openSync(path, LINUX_O_PATH | DIRECTORY_FLAGS);
    try {
      chmodSync(`/proc/self/fd/${directory}`, 0o700);
    } catch {
      // Another user's: what follows says what cannot be done.
    } finally {
      closeSync(directory);
    }
  }
  return openSync(path, DIRECTORY_FLAGS);
}

async function removeEntries(directory: number, pace: Pace): Promise<void> {
  for (const name of readdirSync(entryOf(directory, "."))) {
    await removeEntry(directory, name, pace);
  }
}

async function removeEntry(parent: number, name: string, pace: Pace): Promise<void> {
  pace.entries += 1;
  if (pace.entries % ENTRIES_AT_ONCE === 0) await new Promise(setImmediate);
  const entry = entryOf(parent, name);
  try {
    unlinkSync(entry);
    return;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    // Linux says EISDIR for a directory, POSIX EPERM.
    if (codeOf(error) !== "EISDIR" && codeOf(error) !== "EPERM") throw error;
  }
  const directory = openWritable(entry);
  try {
    await removeEntries(directory, pace);
  } finally {
    closeSync(directory);
  }
  rmdirSync(entry);
}
