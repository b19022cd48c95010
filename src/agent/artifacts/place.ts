import {
  chmodSync,
  closeSync,
  fchownSync,
  lchownSync,
  lstatSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import {
  entryOf,
  isRefusal,
  makeDirectoryPath,
  type PathRefusal,
  withDirectory,
} from "../files/open.ts";
import { removeTree } from "../files/removeTree.ts";
import type { FileOwner } from "../files/writeBelow.ts";

/**
 * Moves what lies at `source`, which only the agent gets at, to a place below `root`; a directory is merged into one that
 * is there. Links that others have put on the way are refused, not followed.
 */
export async function placeBelow(
  root: string,
  names: readonly string[],
  source: string,
  owner: FileOwner,
): Promise<PathRefusal | null> {
  const isDirectory = lstatSync(source).isDirectory();
  const parents = isDirectory ? names : names.slice(0, -1);
  const target = withDirectory(root, [], (start) =>
    makeDirectoryPath(start, parents, (made) => {
      if (owner.uid !== null) fchownSync(made, owner.uid, owner.gid ?? owner.uid);
    }),
  );
  if (isRefusal(target)) return target;
  try {
    if (isDirectory) return await merge(target, source, owner);
    await move(target, names.at(-1) ?? "", source, owner);
    return null;
  } finally {
    closeSync(target);
  }
}

async function merge(
  target: number,
  source: string,
  owner: FileOwner,
): Promise<PathRefusal | null> {
  for (const name of readdirSync(source)) {
    const path = join(source, name);
    const present = lstatSync(entryOf(target, name), { throwIfNoEntry: false });
    if (!lstatSync(path).isDirectory() || present?.isDirectory() !== true) {
      await move(target, name, path, owner);
      continue;
    }
    const below = makeDirectoryPath(target, [name], () => undefined);
    if (isRefusal(below)) return below;
    try {
      const refusal = await merge(below, path, owner);
      if (refusal !== null) return refusal;
    } finally {
      closeSync(below);
    }
  }
  return null;
}

async function move(target: number, name: string, source: string, owner: FileOwner): Promise<void> {
  giveTo(source, owner);
  await removeTree(entryOf(target, name));
  renameSync(source, entryOf(target, name));
}

/** Without setuid bits: what somebody has put into an archive is not to get more rights than its user. */
function giveTo(path: string, owner: FileOwner): void {
  const stat = lstatSync(path);
  if (owner.uid !== null) lchownSync(path, owner.uid, owner.gid ?? owner.uid);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.mode & 0o777);
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), owner);
}
