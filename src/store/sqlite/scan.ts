import type { PageRequest } from "../store.ts";

/** Rows looked at between two turns of the event loop: some milliseconds. */
const WINDOW = 20_000;

/** Numbers from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** The numbers of a list that are left after the cursor. */
export function spanAfter(span: Span, cursor: number | null, order: PageRequest["order"]): Span {
  if (cursor === null) return span;
  return order === "ascending"
    ? { first: Math.max(span.first, cursor + 1), last: span.last }
    : { first: span.first, last: Math.min(span.last, cursor - 1) };
}

/**
 * Reads rows by windows of their numbers until there are `limit`, so that a filter that fits hardly any of a million
 * rows does not hold up everybody else. `read` answers the fitting rows of a window, in order, at most `limit`.
 */
export async function scan<Row>(
  span: Span,
  order: PageRequest["order"],
  limit: number,
  read: (window: Span, limit: number) => Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  let { first, last } = span;
  while (first <= last && rows.length < limit) {
    if (order === "ascending") {
      const end = Math.min(last, first + WINDOW - 1);
      rows.push(...read({ first, last: end }, limit - rows.length));
      first = end + 1;
    } else {
      const begin = Math.max(first, last - WINDOW + 1);
      rows.push(...read({ first: begin, last }, limit - rows.length));
      last = begin - 1;
    }
    if (first <= last && rows.length < limit) await turn();
  }
  return rows;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
