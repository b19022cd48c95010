import { cut, printable } from "./cell.ts";
import type { LineEdit } from "./lineDiff.ts";

interface Row {
  readonly left: string;
  /** As `diff -y` has it: `|` changed, `<` only left, `>` only right. */
  readonly mark: " " | "|" | "<" | ">";
  readonly right: string;
}

/** One blank on each side of the mark. */
const GAP_COLUMNS = 2;

/** Two texts beside each other, with what differs marked between them; longer lines are cut to the width. */
export function sideBySide(
  titles: readonly [left: string, right: string],
  edits: readonly LineEdit[],
  width: number,
): string[] {
  const columns = Math.max(1, Math.floor((width - 1 - GAP_COLUMNS) / 2));
  const head: Row = { left: titles[0], mark: " ", right: titles[1] };
  const rule: Row = { left: "-".repeat(columns), mark: " ", right: "-".repeat(columns) };
  return [head, rule, ...rowsOf(edits)].map(({ left, mark, right }) => {
    const shown = cut(printable(left), columns);
    const padding = " ".repeat(Math.max(0, columns - Bun.stringWidth(shown)));
    return `${shown}${padding} ${mark} ${cut(printable(right), columns)}`.trimEnd();
  });
}

/** Lines that were removed stand beside those that came in their place. */
function rowsOf(edits: readonly LineEdit[]): Row[] {
  const rows: Row[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = () => {
    const count = Math.max(removed.length, added.length);
    for (let index = 0; index < count; index += 1) {
      const [left, right] = [removed[index], added[index]];
      const mark = left === undefined ? ">" : right === undefined ? "<" : "|";
      rows.push({ left: left ?? "", mark, right: right ?? "" });
    }
    [removed, added] = [[], []];
  };
  for (const { kind, line } of edits) {
    if (kind === "removed") removed.push(line);
    if (kind === "added") added.push(line);
    if (kind !== "same") continue;
    flush();
    rows.push({ left: line, mark: " ", right: line });
  }
  flush();
  return rows;
}
