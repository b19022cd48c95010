import { closeSync, constants, lstatSync, openSync, readdirSync } from "node:fs";
import type { NodeAnswer, NodeFile } from "../../protocol/node/message.ts";
import { errorAnswer, fileOf, pathRefused } from "./nodeFile.ts";
import { codeOf, entryOf, isRefusal, splitPath, withDirectory } from "./open.ts";

/** Entries of one answer; a longer listing is marked as cut. */
const LIST_MAX = 10_000;
/** After so many entries others get their turn. */
const ENTRIES_AT_ONCE = 500;
/** Directories within directories; deeper ones are marked as cut. */
const DEPTH_MAX = 64;
const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

interface Listing {
  readonly files: NodeFile[];
  readonly isRecursive: boolean;
  truncated: boolean;
}

/** Files and directories below the path, in order; links, pipes and devices are left out. */
export async function listFiles(
  root: string,
  path: string,
  isRecursive: boolean,
): Promise<NodeAnswer> {
  const names = splitPath(path);
  if (names === null) return pathRefused(path);
  const listing: Listing = { files: [], isRecursive, truncated: false };
  // The directory is opened anew, as the listing outlives the call.
  const directory = withDirectory(root, names, (open) => openSync(entryOf(open, "."), "r"));
  if (isRefusal(directory)) return errorAnswer(directory);
  try {
    await addEntries(listing, directory, names, 0);
  } finally {
    closeSync(directory);
  }
  const files = listing.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { kind: "files", files, truncated: listing.truncated };
}

async function addEntries(
  listing: Listing,
  directory: number,
  above: readonly string[],
  depth: number,
): Promise<void> {
  for (const name of readdirSync(entryOf(directory, ".")).sort()) {
    if (listing.files.length >= LIST_MAX) {
      listing.truncated = true;
      return;
    }
    const stats = lstatSync(entryOf(directory, name), { throwIfNoEntry: false });
    if (stats === undefined || (!stats.isFile() && !stats.isDirectory())) continue;
    const names = [...above, name];
    listing.files.push(fileOf(names.join("/"), stats));
    if (listing.files.length % ENTRIES_AT_ONCE === 0) await new Promise(setImmediate);
    if (stats.isDirectory() && listing.isRecursive) {
      await addBelow(listing, directory, names, depth + 1);
    }
  }
}

async function addBelow(
  listing: Listing,
  parent: number,
  names: readonly string[],
  depth: number,
): Promise<void> {
  if (depth > DEPTH_MAX) {
    listing.truncated = true;
    return;
  }
  let directory: number;
  try {
    directory = openSync(entryOf(parent, names.at(-1) ?? "."), DIRECTORY_FLAGS);
  } catch (error) {
    // It went away, or became a link; one that may not be read is listed without what is in it.
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES"].includes(codeOf(error))) return;
    throw error;
  }
  try {
    await addEntries(listing, directory, names, depth);
  } finally {
    closeSync(directory);
  }
}
