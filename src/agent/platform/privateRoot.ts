import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { codeOf, entryOf } from "../files/open.ts";
import {
  bindDevice,
  bindTree,
  leaveMounts,
  makeReadOnly,
  mountProcesses,
  mountTerminals,
  mountTmpfs,
  moveRootTo,
} from "./namespaces.ts";

/** What a process sees in place of the node's file system. Everything in it is mounted for that process alone. */
export interface PrivateRoot {
  /** An empty directory of the node, over which the root is made. */
  readonly place: string;
  /** Files, links and directories of the node that can be read, as absolute paths; what is not there is left out. */
  readonly shown: readonly string[];
  /** Files and directories of the node that are empty for the process, should they be below what is shown. */
  readonly hidden: readonly string[];
  /** In this order, after all others. */
  readonly own: readonly OwnDirectory[];
}

/** A directory of the process's own, or that it was given. */
export interface OwnDirectory {
  /** Absolute, and in nobody's hands but the agent's. */
  readonly start: string;
  /** Entries from there on, which the process may have swapped: links are refused. Null: an empty one, in memory. */
  readonly names: readonly string[] | null;
  /** Absolute path in the root. */
  readonly destination: string;
  /** False: it is written to as far as the process's user may. */
  readonly readOnly: boolean;
}

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];
const DEVICE_LINKS = {
  ptmx: "pts/ptmx",
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
} as const;

/** A file in each root over which a terminal may be mounted. */
export const CONSOLE = "/dev/console";

/** As Nomad and Docker have it. */
const SHARED_MEMORY = "mode=1777,size=64m,nr_inodes=64k";
const TMP_TMPFS = "mode=1777,size=256m,nr_inodes=64k";

const PATH_ONLY = 0x200000 /* O_PATH */;
const PATH_DIRECTORY = PATH_ONLY | constants.O_DIRECTORY;

/**
 * Takes this thread to where only the private root can be seen, for good. Nothing of the root is left once all processes
 * have ended that have it, however they ended. Throws RootError or OwnDirectoryError if it cannot be made.
 */
export function enterPrivateRoot(root: PrivateRoot): void {
  const files: number[] = [];
  const hold = (path: string, flags: number): number => {
    const file = openSync(path, flags);
    files.push(file);
    return file;
  };
  try {
    leaveMounts();
    // What is made is to be found by the process's user, whatever the node's default is.
    const mask = process.umask(0o022);
    makeRoot(root, hold);
    process.umask(mask);
  } catch (error) {
    throw error instanceof OwnDirectoryError ? error : new RootError(error as Error);
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** The root could not be made; the process has no part in it. */
export class RootError extends Error {
  override readonly name = "RootError";
  /** As the kernel named it, for example `ENOSPC`. */
  readonly code: string;

  constructor(cause: Error) {
    super(`a root directory of its own could not be made (${cause.message})`, { cause });
    this.code = codeOf(cause);
  }
}

/** One of the process's own directories is none any more. */
export class OwnDirectoryError extends Error {
  override readonly name = "OwnDirectoryError";
}

/** Mount points, and files and directories of no size. */
const BARE_TMPFS = "mode=0755,size=1m,nr_inodes=16k";

function makeRoot(root: PrivateRoot, hold: Hold): void {
  // Only what is opened in the namespace can be mounted in it.
  const shown = root.shown.flatMap((path) => holdShown(path, hold));
  const devices = DEVICES.filter((name) => existsSync(`/dev/${name}`)).map((name) => ({
    name,
    file: hold(`/dev/${name}`, PATH_ONLY),
  }));
  const own = root.own.map((directory) => ({ ...directory, file: holdOwn(directory, hold) }));
  mountTmpfs(root.place, BARE_TMPFS);
  moveRootTo(root.place, () => {
    makeAt("/proc", mountProcesses);
    for (const entry of shown) show(entry);
    makeDevices(devices);
    for (const path of hiddenPlaces(root)) hide(path);
    for (const { file, destination, readOnly } of own) {
      mkdirSync(destination, { recursive: true });
      if (file === null) mountTmpfs(destination, TMP_TMPFS);
      else bindTree(openPath(file), destination, readOnly);
    }
    makeReadOnly("/");
  });
}

type Hold = (path: string, flags: number) => number;

/** Something of the node: a link with its target, or an open file or directory. */
type Shown =
  | { readonly path: string; readonly target: string }
  | { readonly path: string; readonly file: number; readonly isDirectory: boolean };

function holdShown(path: string, hold: Hold): readonly Shown[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isSymbolicLink()) return [{ path, target: readlinkSync(path) }];
  return [{ path, file: hold(path, PATH_ONLY), isDirectory: found.isDirectory() }];
}

function show(entry: Shown): void {
  const { path } = entry;
  // It may be below what is shown already, where nothing can be made.
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!isThere) mkdirSync(dirname(path), { recursive: true });
  if ("target" in entry) {
    if (!isThere) symlinkSync(entry.target, path);
    return;
  }
  if (!isThere && entry.isDirectory) mkdirSync(path);
  if (!isThere && !entry.isDirectory) writeFileSync(path, "");
  bindTree(openPath(entry.file), path, true);
}

function holdOwn({ start, names, destination }: OwnDirectory, hold: Hold): number | null {
  if (names === null) return null;
  let file = hold(start, PATH_DIRECTORY);
  for (const name of names) {
    try {
      file = hold(entryOf(file, name), PATH_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      throw new OwnDirectoryError(
        `expected a directory ${[start, ...names].join("/")} for ${destination}, and it is none (${(error as Error).message}); remove what is there`,
        { cause: error },
      );
    }
  }
  return file;
}

function openPath(file: number): string {
  return `/proc/self/fd/${file}`;
}

/** Whether one of the directories is at or above the path. */
export function isBelow(path: string, directories: readonly string[]): boolean {
  return directories.some(
    (above) => above === "/" || path === above || path.startsWith(`${above}/`),
  );
}

/** Whether the process sees there what the node has there, if anything. */
export function seesNodePath(root: Pick<PrivateRoot, "shown" | "hidden">, path: string): boolean {
  return isBelow(path, root.shown) && !isBelow(path, hiddenPlaces(root));
}

/** What is shown below a hidden directory is shown all the same. */
function hiddenPlaces({ shown, hidden }: Pick<PrivateRoot, "shown" | "hidden">): string[] {
  return hidden.filter((path) => isBelow(path, shown));
}

/** Nothing is there of what is there on the node; a file is an empty one. */
function hide(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) mountTmpfs(path, BARE_TMPFS);
  else if (found !== undefined) bindDevice("/dev/null", path);
}

function makeAt(path: string, mount: (path: string) => void): void {
  mkdirSync(path);
  mount(path);
}

function makeDevices(devices: readonly { name: string; file: number }[]): void {
  makeAt("/dev", (path) => mountTmpfs(path, BARE_TMPFS));
  for (const { name, file } of devices) {
    writeFileSync(`/dev/${name}`, "");
    bindDevice(openPath(file), `/dev/${name}`);
  }
  // For the terminal of a command of people.
  writeFileSync(CONSOLE, "", { mode: 0o600 });
  makeAt("/dev/shm", (path) => mountTmpfs(path, SHARED_MEMORY));
  makeAt("/dev/pts", mountTerminals);
  for (const [name, target] of Object.entries(DEVICE_LINKS)) symlinkSync(target, `/dev/${name}`);
}
