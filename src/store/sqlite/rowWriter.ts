import type { SQLQueryBindings, Statement } from "bun:sqlite";
import type { Statements, Value } from "./statements.ts";

/** Rows a statement writes: beyond 32 the gain over single rows (a quarter of the CPU) does not grow. */
const ROWS_PER_STATEMENT = 32;

/** Gathers rows of one table and writes them many at a time, in the order in which they came. */
export class RowWriter {
  readonly #columns: number;
  readonly #many: Statement<unknown, SQLQueryBindings[]>;
  readonly #one: Statement<unknown, SQLQueryBindings[]>;

  /** `insert` is a statement up to VALUES, `onConflict` what follows the rows. */
  constructor(statements: Statements, insert: string, columns: number, onConflict = "") {
    const row = `(${Array(columns).fill("?").join(", ")})`;
    const rows = Array(ROWS_PER_STATEMENT).fill(row).join(", ");
    this.#columns = columns;
    this.#many = statements.prepare(`${insert} VALUES ${rows} ${onConflict}`);
    this.#one = statements.prepare(`${insert} VALUES ${row} ${onConflict}`);
  }

  /** Where the next row goes, value by value: the hottest lines of a commit, so no row has an array of its own. */
  readonly values: Value[] = [];

  /** To be called after each row. */
  written(): void {
    if (this.values.length === ROWS_PER_STATEMENT * this.#columns) {
      run(this.#many, this.values);
      this.values.length = 0;
    }
  }

  /** Writes what was gathered. */
  flush(): void {
    for (let at = 0; at < this.values.length; at += this.#columns) {
      run(this.#one, this.values.slice(at, at + this.#columns));
    }
    this.values.length = 0;
  }

  /** Forgets what was gathered, after a failure. */
  clear(): void {
    this.values.length = 0;
  }
}

/** An array in place of the arguments is taken as it is, where hundreds of arguments would be copied twice. */
function run(statement: Statement<unknown, SQLQueryBindings[]>, values: Value[]): void {
  statement.run(values as unknown as SQLQueryBindings);
}
