import { ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { kernelError, openLibrary, replaceFile } from "./libc.ts";

const SYMBOLS = {
  chdir: { args: ["ptr"], returns: "i32" },
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  getppid: { args: [], returns: "i32" },
  setgroups: { args: ["u64", "ptr"], returns: "i32" },
  setresgid: { args: ["u32", "u32", "u32"], returns: "i32" },
  setresuid: { args: ["u32", "u32", "u32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  syscall: { args: ["i64", "u32", "u32", "u32"], returns: "i64" },
} as const;

type Symbols = NonNullable<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

let symbols: Symbols | null | undefined;

function libc(): Symbols {
  symbols ??= openLibrary(SYMBOLS);
  if (symbols === null) throw new Error("the C library cannot be called");
  return symbols;
}

/** To be called before this process leaves its file system: libraries are the node's. */
export function openProgramCalls(): void {
  libc();
}

/** The parent as it is now: another one has taken its place if it has ended. */
export function presentParent(): number {
  return libc().getppid();
}

/** Whose rights a process has. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

/** For good. Throws if it may not. */
export function becomeUser({ uid, gid, groups }: ProcessUser): void {
  const list = new Uint32Array(groups.length === 0 ? [0] : groups);
  if (libc().setgroups(BigInt(groups.length), list) !== 0) throw kernelError("taking groups");
  if (libc().setresgid(gid, gid, gid) !== 0) throw kernelError(`becoming group ${gid}`);
  if (libc().setresuid(uid, uid, uid) !== 0) throw kernelError(`becoming user ${uid}`);
}

/** Makes it the working directory; false: there is none for this user. */
export function enterDirectory(path: string): boolean {
  return libc().chdir(text(path)) === 0;
}

const PR_SET_NO_NEW_PRIVS = 38;

/** No program that comes of this process has more rights than it, whatever its file says. */
export function refuseNewRights(): void {
  if (libc().prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n) !== 0) throw kernelError("refusing rights");
}

/** The same number on all architectures; Linux 5.11. */
const CLOSE_RANGE = 436;
const CLOSE_ON_EXEC = 4;
const LAST_FILE = 0xffff_ffff;

function keepStandardFilesOnly(): void {
  const first = 3;
  if (libc().syscall(BigInt(CLOSE_RANGE), first, LAST_FILE, CLOSE_ON_EXEC) < 0) {
    throw kernelError("closing files");
  }
}

const SET_MASK = 2;
/** More than any C library's. */
const SIGNAL_SET_BYTES = 128;

/** What a process ignores or blocks, its next program would, too. */
function takeAllSignals(): void {
  const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const mask = BigInt(`0x${ignored ?? "0"}`);
  for (let signal = 1; signal <= 64; signal += 1) {
    if ((mask >> BigInt(signal - 1)) & 1n) libc().signal(signal, null);
  }
  const none = new Uint8Array(SIGNAL_SET_BYTES);
  if (libc().sigprocmask(SET_MASK, none, null) !== 0) throw kernelError("unblocking signals");
}

export interface Program {
  /** Absolute path. */
  readonly program: string;
  /** First word included. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Puts the program in place of this process, of all its threads: it has this thread's directories, mounts and rights, and no
 * open files but the first three. `last` is called at the latest moment at which it may still throw. Returns only by throwing.
 */
export function becomeProgram({ program, argv, env }: Program, last: () => void): never {
  const path = text(program);
  const words = listOf(argv);
  const variables = listOf(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  keepStandardFilesOnly();
  takeAllSignals();
  last();
  libc().execve(path, words.pointers, variables.pointers);
  const error = kernelError(`starting ${program}`);
  // They are read until here.
  words.texts.length = variables.texts.length = 0;
  throw error;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function listOf(values: readonly string[]) {
  const texts = values.map(text);
  return { texts, pointers: new BigUint64Array([...texts.map((each) => BigInt(ptr(each))), 0n]) };
}

/** Makes the open file standard input, output and error. */
export function takeForStandardFiles(file: number): void {
  for (const standard of [0, 1, 2]) replaceFile(standard, file);
}
