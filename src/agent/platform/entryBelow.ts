import { closeSync, constants, openSync } from "node:fs";
import { kernelError, openLibrary } from "./libc.ts";

const SYMBOLS = {
  syscall: { args: ["i64", "i64", "ptr", "ptr", "i64"], returns: "i64" },
} as const;

type Symbols = NonNullable<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

let symbols: Symbols | null | undefined;

function libc(): Symbols {
  symbols ??= openLibrary(SYMBOLS);
  if (symbols === null) throw new Error("the C library cannot be called");
  return symbols;
}

const OPENAT2 = 437;
const NO_MAGIC_LINKS = 2;
const BENEATH = 8;
const IN_ROOT = 16;
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
      const { code } = kernelError(`looking up ${path}`);
      return code === "EXDEV" || code === "ELOOP" ? "outside" : null;
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
