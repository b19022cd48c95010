import { PAGE_SIZE_MAX } from "../../model/limits.ts";

/** Rows to print; `total` counts all that match, null where nobody knows. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly total: { readonly count: number; readonly isExact: boolean } | null;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string | undefined;
  /** Of all pages, where the server counts them anyway. */
  readonly total?: number | undefined;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

export interface Window {
  /** Rows to print; 0 for all. */
  readonly limit: number;
  /** Rows to leave out first. */
  readonly offset: number;
}

/** Where the API does not say how many rows match, they are not counted beyond this many. */
const COUNTED_MAX = 10_000;

/** Reads the rows of a window page by page, and goes on only to count where the pages do not say how many there are. */
export async function readRows<Row>(
  window: Window,
  readPage: (page: PageRequest) => Promise<Page<Row>>,
): Promise<Rows<Row>> {
  const wanted = window.limit === 0 ? Number.POSITIVE_INFINITY : window.offset + window.limit;
  const rows: Row[] = [];
  let seen = 0;
  let cursor: string | undefined;
  let total: number | undefined;
  do {
    const limit = Math.min(wanted - seen, PAGE_SIZE_MAX);
    const page = await readPage(cursor === undefined ? { limit } : { limit, cursor });
    rows.push(...page.items.slice(Math.max(0, window.offset - seen)));
    seen += page.items.length;
    cursor = page.cursor;
    total = page.total;
  } while (cursor !== undefined && seen < wanted);
  if (cursor === undefined) return { rows, total: { count: seen, isExact: true } };
  if (total !== undefined) return { rows, total: { count: Math.max(total, seen), isExact: true } };
  return { rows, total: await countOn(readPage, cursor, seen) };
}

async function countOn<Row>(
  readPage: (page: PageRequest) => Promise<Page<Row>>,
  start: string,
  seen: number,
): Promise<{ count: number; isExact: boolean }> {
  let count = seen;
  let cursor: string | undefined = start;
  while (cursor !== undefined && count < COUNTED_MAX) {
    const page: Page<Row> = await readPage({ limit: PAGE_SIZE_MAX, cursor });
    count += page.items.length;
    cursor = page.cursor;
  }
  return { count, isExact: cursor === undefined };
}

/** The rows of a list that is all there. */
export function allRows<Row>(rows: readonly Row[], window: Window): Rows<Row> {
  const end = window.limit === 0 ? rows.length : window.offset + window.limit;
  const shown = rows.slice(window.offset, end);
  return { rows: shown, total: { count: rows.length, isExact: true } };
}
