import { closeSync, constants, fchmodSync, fchownSync, unlinkSync, writeSync } from "node:fs";
import {
  entryOf,
  isRefusal,
  makeDirectoryPath,
  openEntry,
  type PathRefusal,
  withDirectory,
} from "./open.ts";

export interface FileOwner {
  /** Null: the agent's own. */
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Writes below a root that is the agent's own; `use` gets the file while it is open. Directories on the way are made. */
export async function createBelow<Result>(
  root: string,
  names: readonly string[],
  owner: FileOwner,
  mode: number,
  use: (file: number) => Promise<Result> | Result,
): Promise<Result | PathRefusal> {
  const file = withDirectory(root, [], (start) => openNew(start, names, owner));
  if (isRefusal(file)) return file;
  try {
    const result = await use(file);
    own(file, owner);
    // After the owner: a change of owner takes setuid bits away.
    fchmodSync(file, mode);
    return result;
  } finally {
    closeSync(file);
  }
}

/** As createBelow, with content that is there already. */
export function writeBelow(
  root: string,
  names: readonly string[],
  owner: FileOwner,
  mode: number,
  content: Uint8Array,
): Promise<undefined | PathRefusal> {
  return createBelow(root, names, owner, mode, (file) => {
    for (let done = 0; done < content.length; ) done += writeSync(file, content, done);
    return undefined;
  });
}

/** A new file in place of the one that is there, never one that a link leads to. */
function openNew(start: number, names: readonly string[], owner: FileOwner): number | PathRefusal {
  const directory = makeDirectoryPath(start, names.slice(0, -1), (made) => own(made, owner));
  if (isRefusal(directory)) return directory;
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    const file = openEntry(directory, names, flags, 0o600);
    if (!isRefusal(file) || file.refused !== "Failed" || file.code !== "EEXIST") return file;
    unlinkSync(entryOf(directory, names.at(-1) ?? ""));
    return openEntry(directory, names, flags, 0o600);
  } finally {
    closeSync(directory);
  }
}

function own(file: number, { uid, gid }: FileOwner): void {
  if (uid !== null) fchownSync(file, uid, gid ?? uid);
}
