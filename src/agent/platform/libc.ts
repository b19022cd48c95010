import { dlopen, type FFIFunction, read } from "bun:ffi";
import { closeSync, writeSync } from "node:fs";
import { getSystemErrorMap } from "node:util";

const SYMBOLS = {
  flock: { args: ["i32", "i32"], returns: "i32" },
  fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
  tcflow: { args: ["i32", "i32"], returns: "i32" },
} as const;

/** The C library's functions of these names; null: one of them is not to be had. */
export function openLibrary<Wanted extends Record<string, FFIFunction>>(wanted: Wanted) {
  // glibc, then musl's own name.
  for (const name of ["libc.so.6", "libc.so", `libc.musl-${process.arch}.so.1`]) {
    try {
      return dlopen(name, wanted).symbols;
    } catch {
      // The next name.
    }
  }
  return null;
}

type Symbols = ReturnType<typeof openLibrary<typeof SYMBOLS>>;

let symbols: Symbols | undefined;

function libc(): Symbols {
  if (symbols === undefined) symbols = openLibrary(SYMBOLS);
  return symbols;
}

const LOCK_EXCLUSIVE_NOW = 2 | 4;

/** Takes the lock of an open file, held until it is closed or the process ends. False: another process has it. */
export function lockFile(file: number): boolean {
  return libc()?.flock(file, LOCK_EXCLUSIVE_NOW) === 0;
}

const KEEP_SIZE = 1;
const KEEP_SIZE_PUNCH_HOLE = 1 | 2;

/** Takes blocks for bytes that will be written, behind the end of the file too; false where there are none. */
export function reserveBlocks(file: number, offset: number, sizeBytes: number): boolean {
  return libc()?.fallocate(file, KEEP_SIZE, offset, sizeBytes) === 0;
}

/** Gives the blocks of a range back to the file system; false where it cannot. */
export function punchHole(file: number, offset: number, sizeBytes: number): boolean {
  return libc()?.fallocate(file, KEEP_SIZE_PUNCH_HOLE, offset, sizeBytes) === 0;
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** The hole at `offset` or the next one after it that is followed by data; null: none. */
export function nextHole(file: number, offset: number): { from: number; to: number } | null {
  const from = Number(libc()?.lseek(file, offset, SEEK_HOLE) ?? -1);
  if (from < 0) return null;
  const to = Number(libc()?.lseek(file, from, SEEK_DATA) ?? -1);
  return to <= from ? null : { from, to };
}

const OUTPUT_OFF = 0;
const OUTPUT_ON = 1;

/** Whoever writes to the terminal has to wait. */
export function holdOutput(terminal: number): void {
  libc()?.tcflow(terminal, OUTPUT_OFF);
}

/** Undoes holdOutput. */
export function letOutput(terminal: number): void {
  libc()?.tcflow(terminal, OUTPUT_ON);
}

/** Makes the descriptor another name of what `file` is open for; what it was before is closed. */
export function replaceFile(descriptor: number, file: number): void {
  libc()?.dup2(file, descriptor);
}

/** What the kernel says to the call just before, which failed. `code` is as `ENOENT`. */
export function kernelError(what: string): Error & { readonly code: string } {
  const location = libc()?.__errno_location() ?? null;
  const errno = location === null ? 0 : read.i32(location, 0);
  const code = getSystemErrorMap().get(-errno)?.[0] ?? String(errno);
  return Object.assign(new Error(`${what}: ${code}`), { code });
}

const PIPE_CLOSE_ON_EXEC = 0o2000000;
const MEMORY_CLOSE_ON_EXEC = 1;
/** Some nodes refuse files in memory that could be run; Linux before 6.3 does not know the word. */
const MEMORY_NO_PROGRAM = 8;

/** A file that is nowhere, with this text. The one who opens it closes it. */
export function openMemoryFile(text: string): number {
  const name = Buffer.from("stint\0");
  const open = (flags: number) => libc()?.memfd_create(name, MEMORY_CLOSE_ON_EXEC | flags) ?? -1;
  let file = open(MEMORY_NO_PROGRAM);
  if (file < 0) file = open(0);
  if (file < 0) throw kernelError("making a file in memory");
  try {
    for (let rest = Buffer.from(text), at = 0; rest.length > 0; ) {
      const written = writeSync(file, rest, 0, rest.length, at);
      [rest, at] = [rest.subarray(written), at + written];
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return file;
}

/** Both ends; the one who opens them closes them. */
export function openPipe(): { readonly reads: number; readonly writes: number } {
  const ends = new Int32Array(2);
  if (libc()?.pipe2(ends, PIPE_CLOSE_ON_EXEC) !== 0) throw kernelError("making a pipe");
  return { reads: ends[0] ?? -1, writes: ends[1] ?? -1 };
}
