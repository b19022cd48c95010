import type { Session } from "../session.ts";
import { drawBox } from "./box.ts";
import { boxText, type Cell, tsvText } from "./cell.ts";
import { printJson } from "./json.ts";
import type { Column } from "./list.ts";
import type { Field } from "./view.ts";

/** A part of a report, with a title unless it is the first. */
export type Part =
  | { readonly title: string; readonly fields: readonly Field[] }
  | { readonly title: string; readonly head: readonly string[]; readonly rows: readonly Cell[][] }
  | { readonly title: string; readonly lines: readonly string[] };

export function tablePart<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Part {
  const head = columns.map(({ header }) => header);
  return { title, head, rows: rows.map((row) => columns.map(({ value }) => value(row))) };
}

/** Prints a report of several parts in the form of the session; answers the exit code. */
export async function printParts(
  session: Session,
  parts: readonly Part[],
  answer: unknown,
): Promise<number> {
  switch (session.form) {
    case "json":
      return await printJson(session, answer);
    case "tsv":
      await session.write(`${parts.map(tsvPart).join("\n")}`);
      return 0;
    case "box":
      await session.print(boxParts(parts));
      return 0;
  }
}

/** Parts stand apart by an empty line. */
export function boxParts(parts: readonly Part[]): string {
  return parts.map(boxPart).join("\n\n");
}

function boxPart(part: Part): string {
  const title = part.title === "" ? [] : [part.title];
  return [...title, ...partLines(part)].join("\n");
}

function partLines(part: Part): readonly string[] {
  if ("lines" in part) return part.lines;
  if ("fields" in part) return fieldLines(part.fields);
  return drawBox(
    part.head,
    part.rows.map((row) => row.map((cell) => boxText(cell).replaceAll("\n", " "))),
  );
}

/** `Name   = value`, one below the other. */
function fieldLines(fields: readonly Field[]): string[] {
  const columns = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(columns)} = ${boxText(value)}`.trimEnd());
}

/** A title in brackets, then a table with its header. */
function tsvPart(part: Part): string {
  const title = part.title === "" ? [] : [`[${part.title}]`];
  return [...title, ...tsvRows(part)].map((line) => `${line}\n`).join("");
}

function tsvRows(part: Part): readonly string[] {
  if ("lines" in part) return part.lines.map((line) => tsvText(line));
  if ("fields" in part) return part.fields.map(([name, value]) => `${name}\t${tsvText(value)}`);
  return [part.head.join("\t"), ...part.rows.map((row) => row.map(tsvText).join("\t"))];
}
