import { Database } from "bun:sqlite";
import { lockFile, openError, prepareFile } from "./files.ts";
import { migrate } from "./migrate.ts";
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
    configure(database);
    migrate(database, path);
    return new SqliteStore(database, () => lock.release());
  } catch (error) {
    database?.close();
    lock.release();
    throw openError(path, error);
  }
}

function configure(database: Database): void {
  // Reading the schema first: a file that is no database is refused before anything is written to it.
  database.run("SELECT count(*) FROM sqlite_schema");
  database.run("PRAGMA journal_mode = WAL");
  // What a commit has confirmed survives a loss of power.
  database.run("PRAGMA synchronous = FULL");
  database.run("PRAGMA cache_size = -65536");
}
