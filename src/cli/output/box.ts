import Table from "cli-table3";

// The library's time grows with the square of the rows of one table: many are drawn as several of this many.
const ROWS_AT_ONCE = 50;
/** One blank on each side. */
const PADDING = 2;

const CHARS = {
  top: "-",
  "top-mid": "+",
  "top-left": "+",
  "top-right": "+",
  bottom: "-",
  "bottom-mid": "+",
  "bottom-left": "+",
  "bottom-right": "+",
  left: "|",
  "left-mid": "+",
  mid: "-",
  "mid-mid": "+",
  right: "|",
  "right-mid": "+",
  middle: "|",
};

function widthOf(cell: string): number {
  return Math.max(...cell.split("\n").map((line) => Bun.stringWidth(line)));
}

function draw(head: readonly string[], rows: readonly string[][], colWidths: number[]): string[] {
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: [...head], colWidths, style, chars: CHARS });
  table.push(...rows);
  return table.toString().split("\n");
}

/** The lines of a box: header and rows, each column as wide as its widest cell. */
export function drawBox(head: readonly string[], rows: readonly string[][]): string[] {
  const widths = head.map(widthOf);
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    }
  }
  const colWidths = widths.map((width) => width + PADDING);
  const lines = draw(head, rows.slice(0, ROWS_AT_ONCE), colWidths);
  for (let at = ROWS_AT_ONCE; at < rows.length; at += ROWS_AT_ONCE) {
    const part = draw([], rows.slice(at, at + ROWS_AT_ONCE), colWidths);
    lines.splice(-1, 1, ...part.slice(1));
  }
  return lines;
}
