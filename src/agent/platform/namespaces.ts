import { closeSync, fstatSync, statSync } from "node:fs";
import { kernelError, openLibrary } from "./libc.ts";

const SYMBOLS = {
  unshare: { args: ["i32"], returns: "i32" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
  umount2: { args: ["ptr", "i32"], returns: "i32" },
  pivot_root: { args: ["ptr", "ptr"], returns: "i32" },
  chdir: { args: ["ptr"], returns: "i32" },
  ioctl: { args: ["i32", "u64"], returns: "i32" },
  // For what few C libraries have by name.
  syscall: { args: ["i64", "i64", "ptr", "i64", "ptr", "i64"], returns: "i64" },
} as const;

type Symbols = NonNullable<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

let symbols: Symbols | null | undefined;

function libc(): Symbols {
  if (symbols === undefined) symbols = openLibrary(SYMBOLS);
  if (symbols === null) throw new Error("the C library cannot be called");
  return symbols;
}

function check(result: number | bigint, what: string): void {
  if (Number(result) !== 0) throw kernelError(what);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;

const NO_SET_USER = 2;
const NO_DEVICES = 4;
const NO_PROGRAMS = 8;
const BIND_ALL = 4096 | 16_384;
const MNT_DETACH = 2;

function mount(source: string, target: string, type: string, flags: number, data = ""): void {
  const [from, to, kind, options] = [text(source), text(target), text(type), text(data)] as const;
  const result = libc().mount(from, to, kind, BigInt(flags), options);
  check(result, `mounting ${type === "" ? target : type} at ${target}`);
}

/** The same number on all architectures. */
const MOUNT_SETATTR = 442;
const AT_FDCWD = -100;
const AT_RECURSIVE = 0x8000;
const READ_ONLY = 1;
const MS_PRIVATE = 1 << 18;
const MS_SLAVE = 1 << 19;

interface MountAttributes {
  readonly set: number;
  /** Null: as it is. */
  readonly propagation: number | null;
  readonly isRecursive: boolean;
}

/** Linux 5.12 or newer. */
function setAttributes(target: string, { set, propagation, isRecursive }: MountAttributes): void {
  const path = text(target);
  const wanted = new BigUint64Array([BigInt(set), 0n, BigInt(propagation ?? 0), 0n]);
  const flags = isRecursive ? AT_RECURSIVE : 0;
  const result = libc().syscall(
    BigInt(MOUNT_SETATTR),
    BigInt(AT_FDCWD),
    path,
    BigInt(flags),
    wanted,
    BigInt(wanted.byteLength),
  );
  check(result, `changing the mount at ${target}`);
}

/**
 * Makes what is at `source` seen at `target` too, with what is mounted below it, without devices and the rights of
 * set-user-id files. What is mounted there later is not seen.
 */
export function bindTree(source: string, target: string, readOnly: boolean): void {
  mount(source, target, "", BIND_ALL);
  const set = NO_SET_USER | NO_DEVICES | (readOnly ? READ_ONLY : 0);
  setAttributes(target, { set, propagation: MS_PRIVATE, isRecursive: true });
}

export function bindDevice(source: string, target: string): void {
  mount(source, target, "", BIND_ALL);
}

/** `options` bound it: without a size it is half of the memory. */
export function mountTmpfs(
  target: string,
  options: `mode=${string},size=${string},nr_inodes=${string}`,
): void {
  mount("tmpfs", target, "tmpfs", NO_SET_USER | NO_DEVICES, options);
}

/** Terminals of its own. */
export function mountTerminals(target: string): void {
  const options = "newinstance,ptmxmode=0666,mode=0620";
  mount("devpts", target, "devpts", NO_SET_USER | NO_PROGRAMS, options);
}

/** Processes of other users are not shown in it. */
export function mountProcesses(target: string): void {
  mount("proc", target, "proc", NO_SET_USER | NO_DEVICES | NO_PROGRAMS, "hidepid=2");
}

/** What is mounted at `target`, but not below it, can only be read. */
export function makeReadOnly(target: string): void {
  setAttributes(target, { set: READ_ONLY, propagation: null, isRecursive: false });
}

/**
 * Makes `directory`, on which something is mounted, the root of this thread; the old one can be reached until `build`
 * returns, by files that are open on it.
 */
export function moveRootTo(directory: string, build: () => void): void {
  const path = text(directory);
  const here = text(".");
  const root = text("/");
  check(libc().chdir(path), `entering ${directory}`);
  check(libc().pivot_root(here, here), `making ${directory} the root`);
  build();
  // The old root is mounted over the new one, where only the working directory, which is on it, gets at it.
  check(libc().umount2(here, MNT_DETACH), "letting go of the old root");
  check(libc().chdir(root), "entering the new root");
}

/** Takes this thread to a mount namespace of its own, a copy of the one it is in. */
export function leaveMounts(): void {
  check(libc().unshare(CLONE_NEWNS), "making a mount namespace");
  // What the node unmounts is unmounted here too; what is mounted here the node never sees.
  setAttributes("/", { set: 0, propagation: MS_SLAVE, isRecursive: true });
}

/** More threads than the engine ever begins. */
const JOIN_TRIES = 256;

/** Takes this thread to the root of the mount namespace that is open as `file`. */
export function joinMounts(file: number): void {
  for (let tries = 1; ; tries += 1) {
    check(libc().unshare(CLONE_FS), "having directories of its own");
    if (libc().setns(file, CLONE_NEWNS) === 0) return;
    const error = kernelError("entering the mount namespace");
    // A thread that this one began between the two calls shares its directories, which the kernel refuses.
    if (error.code !== "EINVAL" || tries === JOIN_TRIES) throw error;
  }
}

const NS_GET_USERNS = 0xb701n;

/**
 * Whether the open mount namespace is one that only this user namespace's root could make. In one that a task has made as root of
 * a user namespace of its own, it decides which file is found at any path.
 */
export function isOwnersMounts(file: number): boolean {
  const owner = libc().ioctl(file, NS_GET_USERNS);
  if (owner < 0) return false;
  try {
    return fstatSync(owner).ino === statSync("/proc/self/ns/user").ino;
  } finally {
    closeSync(owner);
  }
}

/** The same numbers on all architectures. */
const OPEN_TREE = 428;
const MOVE_MOUNT = 429;
const OPEN_TREE_CLONE = 1n;
const AT_EMPTY_PATH = 0x1000n;
const MOVE_MOUNT_F_EMPTY_PATH = 4n;

/** A mount of the open file, at no place yet: it can be taken to another namespace. The one who opens it closes it. */
export function openMountOf(file: number): number {
  const flags = OPEN_TREE_CLONE | AT_EMPTY_PATH;
  const opened = libc().syscall(BigInt(OPEN_TREE), BigInt(file), text(""), flags, null, 0n);
  if (opened < 0) throw kernelError("opening a mount");
  return Number(opened);
}

export function placeMount(opened: number, target: string): void {
  const here = BigInt(AT_FDCWD);
  const [empty, path] = [text(""), text(target)];
  const number = BigInt(MOVE_MOUNT);
  const result = libc().syscall(number, BigInt(opened), empty, here, path, MOVE_MOUNT_F_EMPTY_PATH);
  check(result, `mounting at ${target}`);
}
