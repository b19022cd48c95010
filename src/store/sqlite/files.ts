import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { StoreError, type StoreErrorCode } from "../store.ts";

/** The one path of a database file, however it is named; makes an empty file when there is none. */
export function prepareFile(path: string): string {
  try {
    const folder = realpathSync(dirname(path));
    const file = join(folder, basename(path));
    // An existing file is not touched: closing any descriptor of it would drop this process's locks on it (POSIX).
    if (!existsSync(file)) createFile(folder, file);
    // The lock of a folder would lie beside it, where nobody looks for it.
    if (statSync(file).isDirectory()) throw new Error("it is a folder");
    return realpathSync(file);
  } catch (error) {
    throw openError(path, error);
  }
}

/** For its owner only: specs may hold secrets. SQLite gives its other files the same mode. */
function createFile(folder: string, file: string): void {
  closeSync(openSync(file, "wx", 0o600));
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Holds a lock on the database for this process's life at most; nothing is left over when the process dies. */
export interface FileLock {
  release(): void;
}

/**
 * An exclusive transaction on a second, empty database PATH.lock. The database itself stays open to others' reading,
 * for backups and for looking at it. Errors: StoreError `locked` and `unavailable`, which name the subject.
 */
export function lockFile(path: string, subject = path): FileLock {
  const lockPath = `${path}.lock`;
  try {
    if (!existsSync(lockPath)) createFile(dirname(lockPath), lockPath);
    const lock = new Database(lockPath, { readwrite: true, create: false });
    try {
      lock.run("BEGIN EXCLUSIVE");
    } catch (error) {
      lock.close();
      throw error;
    }
    return { release: () => lock.close() };
  } catch (error) {
    throw openError(subject, error);
  }
}

/** What an error while opening means to the caller. */
export function openError(path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const [code, message] = describe(path, cause);
  return new StoreError(code, message, { cause });
}

function describe(path: string, cause: unknown): [StoreErrorCode, string] {
  const code = cause instanceof SQLiteError ? (cause.code ?? "") : "";
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(code)) {
    const fix = "Stop the other server, or give this one a place of its own.";
    return ["locked", `Expected to be alone with ${path}, but another server uses it. ${fix}`];
  }
  if (/^SQLITE_(?:NOTADB|CORRUPT)/.test(code)) {
    const fix = "Restore it from a backup, or name another file.";
    return ["corrupt", `Expected a database of Stint in ${path}, got an unreadable file. ${fix}`];
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const fix = "Check that its folder exists and that this user may write there.";
  return ["unavailable", `Could not open ${path} for writing: ${reason}. ${fix}`];
}
