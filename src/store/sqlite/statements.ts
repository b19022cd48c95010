import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";

/** What a column of a row can hold. */
export type Value = string | number | null;

/** The prepared statements of one connection, made at their first use and kept: there is a bounded number of texts. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement<unknown, SQLQueryBindings[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The statement of this text; its rows are not checked against Row. */
  prepare<Row>(text: string): Statement<Row, SQLQueryBindings[]> {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare<unknown, SQLQueryBindings[]>(text);
      this.#prepared.set(text, statement);
    }
    return statement as Statement<Row, SQLQueryBindings[]>;
  }

  /** The first row, or null. */
  first<Row>(text: string, ...parameters: Value[]): Row | null {
    return this.prepare<Row>(text).get(...parameters);
  }

  all<Row>(text: string, ...parameters: Value[]): Row[] {
    return this.prepare<Row>(text).all(...parameters);
  }

  run(text: string, ...parameters: Value[]): void {
    this.prepare(text).run(...parameters);
  }

  /** Runs the work in one transaction: all of it or, when it throws, nothing. */
  transaction<Result>(work: () => Result): Result {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // A full disk and the like have rolled it back already.
      if (this.#database.inTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** Gives all statements back, before the connection is closed. */
  finalize(): void {
    for (const statement of this.#prepared.values()) statement.finalize();
    this.#prepared.clear();
  }
}
