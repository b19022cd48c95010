import { read } from "bun:ffi";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { getSystemErrorMap } from "node:util";
import { openLibrary } from "./libc.ts";

const SYMBOLS = {
  unshare: { args: ["i32"], returns: "i32" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
  umount2: { args: ["ptr", "i32"], returns: "i32" },
  pivot_root: { args: ["ptr", "ptr"], returns: "i32" },
  chroot: { args: ["ptr"], returns: "i32" },
  chdir: { args: ["ptr"], returns: "i32" },
  fchdir: { args: ["i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64"], returns: "i32" },
  // Five arguments for mount_setattr, which few C libraries have by name.
  syscall: { args: ["i64", "i64", "ptr", "i64", "ptr", "i64"], returns: "i64" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

type Symbols = NonNullable<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

let symbols: Symbols | null | undefined;

function libc(): Symbols {
  if (symbols === undefined) symbols = openLibrary(SYMBOLS);
  if (symbols === null) throw new Error("the C library cannot be called");
  return symbols;
}

/** Throws what the kernel says if the call did not succeed. */
function check(result: number | bigint, what: string): void {
  if (Number(result) === 0) return;
  const location = libc().__errno_location();
  const errno = location === null ? 0 : read.i32(location, 0);
  const code = getSystemErrorMap().get(-errno)?.[0] ?? String(errno);
  throw Object.assign(new Error(`${what}: ${code}`), { code });
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

/**
 * Runs `make` with this thread in a mount namespace of its own, in which a process stays that it starts. `make` must do
 * everything at once: another thread that came up meanwhile would stay there too. Throws what `make` throws.
 */
export function inOwnMounts<Result>(make: () => Result): Result {
  const leave = () => check(libc().unshare(CLONE_NEWNS), "making a mount namespace");
  return elsewhere(leave, () => {
    // What the node unmounts is unmounted here too; what is mounted here the node never sees.
    setAttributes("/", { set: 0, propagation: MS_SLAVE, isRecursive: true });
    return make();
  });
}

/** As inOwnMounts, in the mount namespace that is open as `file`, and at its root. */
export function inMounts<Result>(file: number, make: () => Result): Result {
  const leave = () => check(libc().setns(file, CLONE_NEWNS), "entering the mount namespace");
  return elsewhere(leave, make);
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

const DIRECTORY = 0x200000 /* O_PATH */ | constants.O_DIRECTORY;
const OWN_MOUNTS = "/proc/thread-self/ns/mnt";

/** Namespace, root and working directory are those of the thread: the others do not see where it is. */
function elsewhere<Result>(leave: () => void, make: () => Result): Result {
  const home = openHome();
  const threads = new Set(threadsOf());
  try {
    // Whoever may not come back must not go: it is done once from where it is.
    check(comeBack(home), "staying in the mount namespace");
    leave();
    try {
      return make();
    } finally {
      if (comeBack(home) !== 0) die("it could not come back from the file system of a task");
      endWithStrays(threads);
    }
  } finally {
    for (const file of Object.values(home)) closeSync(file);
  }
}

interface Home {
  readonly mounts: number;
  readonly root: number;
  readonly cwd: number;
}

function openHome(): Home {
  const files: number[] = [];
  const open = (path: string, flags: number) => {
    const file = openSync(path, flags);
    files.push(file);
    return file;
  };
  try {
    const mounts = open(OWN_MOUNTS, constants.O_RDONLY);
    return { mounts, root: open("/", DIRECTORY), cwd: open(".", DIRECTORY) };
  } catch (error) {
    for (const file of files) closeSync(file);
    throw error;
  }
}

/** 0, or what the first call said that failed. */
function comeBack({ mounts, root, cwd }: Home): number {
  const here = text(".");
  return (
    // Threads that share root and directory may not change namespaces, and one that came up meanwhile has this one's.
    libc().unshare(CLONE_FS) ||
    libc().setns(mounts, CLONE_NEWNS) ||
    libc().fchdir(root) ||
    libc().chroot(here) ||
    libc().fchdir(cwd)
  );
}

function threadsOf(): string[] {
  return readdirSync("/proc/self/task");
}

/** More than one thread takes at once. */
const POOL_READS = 16;

/** Has Bun begin the threads that open files: one that began while this thread is elsewhere would be the end of the process. */
export async function beginThreads(): Promise<void> {
  const readOne = () => Bun.file("/proc/self/stat").text();
  await Promise.all(Array.from({ length: POOL_READS }, readOne));
}

/** Threads of the engine that open no files: they compile, collect garbage, and give memory back. Any other may. */
export const WITHOUT_FILES = /^(JITWorker|HeapHelper|JSCWarmUp|mi-scavenger|ollector Thread)/;
/** A thread names itself first of all; before, it has the name of the process. */
const NAME_LOOKS = 20_000;

/** A thread that stayed there and opens files would do so in the wrong place, and none can be brought back. */
function endWithStrays(before: ReadonlySet<string>): void {
  const own = readlinkSync(OWN_MOUNTS);
  for (const thread of threadsOf()) {
    if (before.has(thread)) continue;
    const path = `/proc/self/task/${thread}`;
    try {
      if (readlinkSync(`${path}/ns/mnt`) === own) continue;
      const name = nameOf(path);
      if (name !== null && WITHOUT_FILES.test(name)) continue;
      die(`its thread "${name ?? thread}" stayed in the file system of a task`);
    } catch (error) {
      // It has ended, or could not be looked at.
      if (!existsSync(path)) continue;
      die(`its thread ${thread} may be in the file system of a task (${String(error)})`);
    }
  }
}

/** Null: it has none of its own. */
function nameOf(thread: string): string | null {
  const look = (path: string) => readFileSync(`${path}/comm`, "utf8").trim();
  const unnamed = look("/proc/self");
  let name = look(thread);
  for (let looks = 0; name === unnamed && looks < NAME_LOOKS; looks += 1) name = look(thread);
  return name === unnamed ? null : name;
}

/** Whatever it did next, it would do in the wrong place. Those that it has started run on. */
export function die(reason: string): never {
  process.stderr.write(`This process ends itself: ${reason}.\n`);
  process.kill(process.pid, "SIGKILL");
  throw new Error(reason);
}
