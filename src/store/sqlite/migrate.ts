import type { Database } from "bun:sqlite";
import { StoreError } from "../store.ts";
import { MIGRATIONS } from "./schema.ts";

/** Brings the tables from the version that readVersion found to this program's. */
export function migrate(database: Database, version: number): void {
  for (const [step, migration] of MIGRATIONS.slice(version).entries()) {
    database.transaction(() => {
      if (version + step === 0) database.run("CREATE TABLE schema_version (version INTEGER)");
      database.run("DELETE FROM schema_version");
      database.run("INSERT INTO schema_version VALUES (?)", [version + step + 1]);
      database.run(migration);
    })();
  }
}

/**
 * The version of the tables; 0: there are none yet. Throws StoreError `newer` and `corrupt`. Only reads, so that what
 * is not ours is left as it is.
 */
export function readVersion(database: Database, path: string): number {
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  if (tables.length === 0) return 0;
  const isOurs = tables.some((table) => table.name === "schema_version");
  const row = isOurs
    ? database.query<{ version: number }, []>("SELECT version FROM schema_version").get()
    : null;
  if (row === null) {
    const message = `Expected a database of Stint in ${path}, got another program's. Name another file.`;
    throw new StoreError("corrupt", message);
  }
  if (row.version > MIGRATIONS.length) {
    const facts = `version ${MIGRATIONS.length} or older, got version ${row.version}`;
    const message = `Expected a database of ${facts} in ${path}. Use the newer Stint that made it.`;
    throw new StoreError("newer", message);
  }
  return row.version;
}
