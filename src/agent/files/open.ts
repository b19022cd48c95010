import { closeSync, constants, lstatSync, mkdirSync, openSync } from "node:fs";

/**
 * Paths below a root that somebody else writes into. Each component is opened on its own, relative to the open directory
 * above it and never through a link, so that a link swapped in meanwhile is refused like one that was there before.
 */

export type PathRefusal =
  | { readonly refused: "PathNotFound"; readonly message: string }
  /** It leaves the tree, or would have to go through a link. */
  | { readonly refused: "PathRefused"; readonly message: string }
  /** A directory where a file is wanted, a file on the way, a device or a pipe. */
  | { readonly refused: "NotAFile"; readonly message: string }
  | { readonly refused: "Failed"; readonly message: string; readonly code: string };

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** The name of an entry of an open directory: what openat(2) would take as two arguments. */
export function entryOf(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}

/** The components of a relative path; null when it is absolute, or leaves its root by `..`. */
export function splitPath(path: string): readonly string[] | null {
  if (path.startsWith("/") || path.includes("\0")) return null;
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return names.includes("..") ? null : names;
}

export function isRefusal(value: unknown): value is PathRefusal {
  return typeof value === "object" && value !== null && "refused" in value;
}

/** Gives an open directory below `root` to `use`, and closes it afterwards. */
export function withDirectory<Result>(
  root: string,
  names: readonly string[],
  use: (directory: number) => Result,
): Result | PathRefusal {
  let directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const [index, name] of names.entries()) {
      const next = attempt(names.slice(0, index + 1), directory, () =>
        openSync(entryOf(directory, name), DIRECTORY_FLAGS),
      );
      if (isRefusal(next)) return next;
      closeSync(directory);
      directory = next;
    }
    return use(directory);
  } finally {
    closeSync(directory);
  }
}

/** Opens a directory below an open one, made if need be; `onMade` is told of each that was. */
export function makeDirectoryPath(
  start: number,
  names: readonly string[],
  onMade: (directory: number) => void,
): number | PathRefusal {
  let directory = openSync(entryOf(start, "."), constants.O_RDONLY | constants.O_DIRECTORY);
  for (const [index, name] of names.entries()) {
    const next = attempt(names.slice(0, index + 1), directory, () => {
      const isNew = makeDirectory(entryOf(directory, name));
      const opened = openSync(entryOf(directory, name), DIRECTORY_FLAGS);
      if (isNew) onMade(opened);
      return opened;
    });
    closeSync(directory);
    if (isRefusal(next)) return next;
    directory = next;
  }
  return directory;
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, 0o755);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Opens the last component of `names`; the one who opens it closes it. It may be anything but a link. */
export function openEntry(
  directory: number,
  names: readonly string[],
  flags: number,
  mode?: number,
): number | PathRefusal {
  const name = names.at(-1);
  if (name === undefined) return { refused: "NotAFile", message: "Expected a file, given a root." };
  // O_NONBLOCK: opening a pipe must not wait for somebody at its other end.
  const all = flags | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return attempt(names, directory, () => openSync(entryOf(directory, name), all, mode));
}

function attempt<Result>(
  names: readonly string[],
  directory: number,
  open: () => Result,
): Result | PathRefusal {
  try {
    return open();
  } catch (error) {
    return refusalOf(error, names, entryOf(directory, names.at(-1) ?? "."));
  }
}

function refusalOf(error: unknown, names: readonly string[], entry: string): PathRefusal {
  const path = names.join("/");
  const code = codeOf(error);
  switch (code) {
    case "ENOENT":
      return { refused: "PathNotFound", message: `There is no ${path}.` };
    case "ELOOP":
      return { refused: "PathRefused", message: `${path} is a link, and links are not followed.` };
    case "ENOTDIR":
      return isLink(entry)
        ? { refused: "PathRefused", message: `${path} is a link, and links are not followed.` }
        : { refused: "PathNotFound", message: `${path} is not a directory.` };
    case "EISDIR":
    case "ENXIO":
    case "ENODEV":
      return { refused: "NotAFile", message: `Expected a file, but ${path} is none.` };
  }
  return { refused: "Failed", code, message: `${path} could not be opened: ${String(error)}.` };
}

function isLink(entry: string): boolean {
  return lstatSync(entry, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** The error's code as the kernel named it, for example `ENOENT`; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
