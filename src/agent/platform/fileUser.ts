import { read } from "bun:ffi";
import { closeSync, constants, openSync } from "node:fs";
import { openLibrary } from "./libc.ts";
import { die } from "./namespaces.ts";

/** As whom files are looked up: no more of it than that. */
export interface FileUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

const SYMBOLS = {
  setfsuid: { args: ["u32"], returns: "i32" },
  setfsgid: { args: ["u32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
  // By number: the C library's setgroups changes those of all threads.
  syscall: { args: ["i64", "i64", "ptr", "ptr", "i64"], returns: "i64" },
} as const;

type Symbols = NonNullable<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

let symbols: Symbols | null | undefined;

function libc(): Symbols {
  symbols ??= openLibrary(SYMBOLS);
  if (symbols === null) throw new Error("the C library cannot be called");
  return symbols;
}

const SETGROUPS = process.arch === "arm64" ? 159 : 116;
const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;
/** No user's: the call changes nothing and says whose it is. */
const NOBODYS = 0xffff_ffff;

/** To be called before this thread leaves its file system: opening the library is no work for elsewhere. */
export function openFileCalls(): void {
  libc();
}

/** Runs `look`, which looks up files and nothing else, at once, with the rights that the user has to files. Only for root. */
export function asFileUser<Result>(user: FileUser, look: () => Result): Result {
  const own = { groups: process.getgroups?.() ?? [], gid: process.getegid?.() ?? 0 };
  const dumpable = libc().prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n);
  try {
    setGroups(user.groups);
    libc().setfsgid(user.gid);
    // The kernel takes the right to pass all directories away with it, and gives it back.
    libc().setfsuid(user.uid);
    if (fileUid() !== user.uid || fileGid() !== user.gid) {
      throw new Error(`files cannot be looked up as user ${user.uid}`);
    }
    return look();
  } finally {
    libc().setfsuid(0);
    libc().setfsgid(own.gid);
    setGroups(own.groups);
    if (dumpable === 1) libc().prctl(PR_SET_DUMPABLE, 1n, 0n, 0n, 0n);
    if (fileUid() !== 0) die("it could not become root again");
  }
}

function fileUid(): number {
  return libc().setfsuid(NOBODYS);
}

function fileGid(): number {
  return libc().setfsgid(NOBODYS);
}

function setGroups(groups: readonly number[]): void {
  const list = new Uint32Array(groups.length === 0 ? [0] : groups);
  const result = libc().syscall(BigInt(SETGROUPS), BigInt(groups.length), list, null, 0n);
  if (Number(result) !== 0) throw new Error("supplementary groups cannot be changed");
}

const OPENAT2 = 437;
const AT_FDCWD = -100;
const NO_MAGIC_LINKS = 2;
const BENEATH = 8;
const IN_ROOT = 16;
const EXDEV = 18;
const ELOOP = 40;
const OPEN_PATH = 0x200000 /* O_PATH */ | 0o2000000; /* O_CLOEXEC */

function openAt(directory: number, name: Buffer, resolve: number): number {
  const how = new BigUint64Array([BigInt(OPEN_PATH), 0n, BigInt(resolve)]);
  const size = BigInt(how.byteLength);
  return Number(libc().syscall(BigInt(OPENAT2), BigInt(directory), name, how, size));
}

/**
 * Gives `use` a name of what is at the path below the directory, however somebody changes links there meanwhile. Absolute links
 * begin at the directory if it `isRoot`; else they lead out of it: "outside". Null: there is nothing.
 */
export function withEntryBelow<Result>(
  directory: string,
  path: string,
  isRoot: boolean,
  use: (name: string) => Result,
): Result | "outside" | null {
  const start = openSync(directory, OPEN_PATH | constants.O_DIRECTORY);
  try {
    const name = Buffer.from(`./${path}\0`);
    const file = openAt(start, name, NO_MAGIC_LINKS | (isRoot ? IN_ROOT : BENEATH));
    if (file < 0) {
      const location = libc().__errno_location();
      const errno = location === null ? 0 : read.i32(location, 0);
      return errno === EXDEV || errno === ELOOP ? "outside" : null;
    }
    try {
      return use(`/proc/self/fd/${file}`);
    } finally {
      closeSync(file);
    }
  } finally {
    closeSync(start);
  }
}

/**
 * Opens the directory as the user finds it, who may enter it. Links of /proc to what others have open, or have as
 * their root, are not followed. Null: there is none, or not for this user. The one who opens it closes it.
 */
export function openDirectoryAs(path: string, user: FileUser | null): number | null {
  // Going on to the directory itself takes the right to enter it.
  const name = Buffer.from(`${path}/.\0`);
  const open = () => openAt(AT_FDCWD, name, NO_MAGIC_LINKS);
  const file = user === null ? open() : asFileUser(user, open);
  return file < 0 ? null : file;
}
