import type { Session } from "../session.ts";
import { drawBox } from "./box.ts";
import { boxText, type Cell, cut, tsvText } from "./cell.ts";
import { printJson } from "./json.ts";
import type { Rows } from "./paging.ts";

export interface Column<Row> {
  readonly header: string;
  readonly value: (row: Row) => Cell;
}

export function column<Row>(header: string, value: (row: Row) => Cell): Column<Row> {
  return { header, value };
}

/** A list for people shows what fits; the whole is in the view, and in JSON and TSV. */
const CELL_COLUMNS_MAX = 60;

/** Prints a list in the form of the session; answers the exit code. */
export async function printList<Row>(
  session: Session,
  columns: readonly Column<Row>[],
  list: Rows<Row>,
): Promise<number> {
  switch (session.form) {
    case "json":
      return await printJson(session, { items: list.rows });
    case "tsv":
      await session.write(tsvTable(columns, list.rows));
      return 0;
    case "box":
      await session.print(boxTable(columns, list.rows, CELL_COLUMNS_MAX));
      await session.print(`\nROWS COUNT : ${countText(list)}`);
      return 0;
  }
}

function countText({ rows, total }: Rows<unknown>): string {
  if (total === null) return String(rows.length);
  return `${rows.length}/${total.count}${total.isExact ? "" : "+"}`;
}

export function boxTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  cellColumnsMax = Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) =>
    columns.map(({ value }) => {
      const text = boxText(value(row)).replaceAll("\n", " ");
      return Number.isFinite(cellColumnsMax) ? cut(text, cellColumnsMax) : text;
    }),
  );
  return drawBox(
    columns.map(({ header }) => header),
    cells,
  ).join("\n");
}

export function tsvTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ header }) => header), ...rows.map((row) => tsvRow(columns, row))];
  return lines.map((cells) => `${cells.join("\t")}\n`).join("");
}

function tsvRow<Row>(columns: readonly Column<Row>[], row: Row): string[] {
  return columns.map(({ value }) => tsvText(value(row)));
}
