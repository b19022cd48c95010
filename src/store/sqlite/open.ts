import { Database } from "bun:sqlite";
import { lockFile, openError, prepareFile } from "./files.ts";
import { migrate, readVersion } from "./migrate.ts";
import { SqliteStore } from "./sqliteStore.ts";

/**
 * Opens the store in a file, which is made when there is none (its folder is not).
 * Errors: StoreError `unavailable`, `locked`, `newer`, `corrupt`.
 */
export async function openSqliteStore(path: string): Promise<SqliteStore> {
  const file = prepareFile(path);
  const lock = lockFile(file);
  let database: Database | null = null;
  try {
    database = new Database(file, { readwrite: true, create: false });
    const version = readVersion(database, path);
    configure(database);
    migrate(database, version);
    return new SqliteStore(database, () => lock.release());
  } catch (error) {
    database?.close();
    lock.release();
    throw openError(path, error);
  }
}

/** Long enough for whoever looks at the file at the same time; meanwhile nothing else is done. */
const BUSY_TIMEOUT_MS = 2_000;
/** Holds the pages that a batch of a busy fleet comes back to; more was no faster. */
const CACHE_KIB = 64 * 1024;

function configure(database: Database): void {
  database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const mode = database.query<{ journal_mode: string }, []>("PRAGMA journal_mode = WAL").get();
  if (mode?.journal_mode !== "wal") throw new Error("its file system cannot share memory (WAL)");
  // What a commit has confirmed survives a loss of power. Checkpoints stay at SQLite's 1,000 pages: rarer ones make
  // longer pauses and no less work.
  database.run("PRAGMA synchronous = FULL");
  database.run(`PRAGMA cache_size = -${CACHE_KIB}`);
}
