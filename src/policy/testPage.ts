import { parseDuration } from "../model/duration.ts";

/** One row of a table in a page, by the titles of its columns; code marks are taken off. */
export type PageRow = Readonly<Record<string, string>>;

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split("|")
    .map((text) => text.trim().replaceAll("`", ""));
}

/** The rows of the tables of a page whose first column has the title. Throws where there is none: a test would be empty. */
export function pageRows(page: string, firstColumn: string): readonly PageRow[] {
  const rows: PageRow[] = [];
  let titles: readonly string[] | null = null;
  for (const line of page.split("\n")) {
    if (!line.startsWith("|")) {
      titles = null;
      continue;
    }
    const cells = cellsOf(line);
    if (titles === null) titles = cells;
    else if (titles[0] === firstColumn && !cells.every((text) => /^-+$/.test(text))) {
      rows.push(Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? ""])));
    }
  }
  if (rows.length === 0) throw new Error(`expected a table whose first column is ${firstColumn}`);
  return rows;
}

/** A cell of a row. Throws where the table has no such column. */
export function cell(row: PageRow, title: string): string {
  const text = row[title];
  if (text === undefined) throw new Error(`expected a column ${title}`);
  return text;
}

/** Milliseconds in a cell, as `1h30m`. */
export function durationIn(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === null) throw new Error(`expected a duration, got ${text}`);
  return durationMs;
}

/** A row as the name of a test. */
export function rowName(row: PageRow): string {
  return Object.values(row).join(" | ");
}
