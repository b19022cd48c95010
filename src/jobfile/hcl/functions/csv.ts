import type { Value } from "../value.ts";
import type { Given } from "./given.ts";

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The fields of each line, by RFC 4180; null: a quote where none may be. */
function linesOf(text: string): string[][] | null {
  const lines: string[][] = [];
  let line: string[] = [];
  let at = 0;
  while (at < text.length || line.length > 0) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(text);
    if (match === null) return null;
    line.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    at = FIELD.lastIndex;
    if (match[3] === ",") continue;
    // Empty lines are skipped, as Go does.
    if (line.length > 1 || match[0].trim() !== "") lines.push(line);
    line = [];
  }
  return lines;
}

export function decodeCsv(given: Given): Value {
  const lines = linesOf(given.text(0));
  if (lines === null) return given.fail(0, "expected CSV with quotes around whole fields only");
  const [header, ...rows] = lines;
  if (header === undefined) return given.fail(0, "expected CSV with a line of names");
  return rows.map((row, index) => {
    if (row.length !== header.length) {
      const found = `line ${index + 2} has ${row.length}`;
      return given.fail(0, `expected ${header.length} fields in each line, ${found}`);
    }
    return new Map(header.map((name, column) => [name, row[column] ?? ""]));
  });
}
