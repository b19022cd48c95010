import type { SQLQueryBindings, Statement } from "bun:sqlite";
import type { Statements, Value } from "./statements.ts";

/** Rows a statement writes: beyond 32 the gain over single rows (a quarter of the CPU) does not grow. */
const ROWS_PER_STATEMENT = 32;

/** Gathers rows of one table and writes them many at a time, in the order in which they came. */
export class RowWriter {
  readonly #columns: number;
  readonly #many: Statement<unknown, SQLQueryBindings[]>;
  readonly #one: Statement<unknown, SQLQueryBindings[]>;
  readonly #values: Value[] = [];

  /** `insert` is a statement up to VALUES, `onConflict` what follows the rows. */
  constructor(statements: Statements, insert: string, columns: number, onConflict = "") {
    const row = `(${Array(columns).fill("?").join(", ")})`;
    const rows = Array(ROWS_PER_STATEMENT).fill(row).join(", ");
    this.#columns = columns;
    this.#many = statements.prepare(`${insert} VALUES ${rows} ${onConflict}`);
    this.#one = statements.prepare(`${insert} VALUES ${row} ${onConflict}`);
  }

  add(...row: Value[]): void {
    // The hottest lines of a commit: an index beats an iterator five times, and the array is used again.
    const values = this.#values;
    for (let at = 0; at < row.length; at += 1) values.push(row[at] ?? null);
    if (values.length === ROWS_PER_STATEMENT * this.#columns) {
      this.#many.run(...values);
      values.length = 0;
    }
  }

  /** Writes what was gathered. */
  flush(): void {
    for (let at = 0; at < this.#values.length; at += this.#columns) {
      this.#one.run(...this.#values.slice(at, at + this.#columns));
    }
    this.#values.length = 0;
  }

  /** Forgets what was gathered, after a failure. */
  clear(): void {
    this.#values.length = 0;
  }
}
