import type { Database } from "bun:sqlite";
import { StoreError } from "../store.ts";
import { MIGRATIONS } from "./schema.ts";

/** Brings the tables to this program's version. Only reads when it cannot: what it does not know it leaves as it is. */
export function migrate(database: Database, path: string): void {
  const version = readVersion(database, path);
  if (version > MIGRATIONS.length) {
    const facts = `version ${MIGRATIONS.length} or older, got version ${version}`;
    const message = `Expected a database of ${facts} in ${path}. Use the newer Stint that made it.`;
    throw new StoreError("newer", message);
  }
  for (const [step, migration] of MIGRATIONS.slice(version).entries()) {
    database.transaction(() => {
      database.run(migration);
      database.run("UPDATE schema_version SET version = ?", [version + step + 1]);
    })();
  }
}

/** 0 for a new file. */
function readVersion(database: Database, path: string): number {
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  if (tables.length === 0) {
    database.transaction(() => {
      database.run("CREATE TABLE schema_version (version INTEGER NOT NULL)");
      database.run("INSERT INTO schema_version VALUES (0)");
    })();
    return 0;
  }
  const isOurs = tables.some((table) => table.name === "schema_version");
  const row = isOurs
    ? database.query<{ version: number }, []>("SELECT version FROM schema_version").get()
    : null;
  if (row === null) {
    const message = `Expected a database of Stint in ${path}, got another program's. Name another file.`;
    throw new StoreError("corrupt", message);
  }
  return row.version;
}
