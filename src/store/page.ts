import { type Page, type PageRequest, StoreError } from "./store.ts";

/** What a cursor holds: the key of the last item of its page. */
export type CursorKey = string | number | readonly (string | number)[];

/** A page out of rows of which one more than the limit was read, to learn whether there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const cursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null;
  return { items: kept.map(itemOf), cursor };
}

/** The number after which a list that is ordered by number goes on; null: from its beginning. */
export function numberCursor(page: PageRequest): number | null {
  const key = decodeCursor(page.cursor);
  if (key === null || (typeof key === "number" && Number.isSafeInteger(key))) return key;
  throw badCursor(page.cursor);
}

/** The text after which a list that is ordered by text goes on; null: from its beginning. */
export function textCursor(page: PageRequest): string | null {
  const key = decodeCursor(page.cursor);
  if (key === null || typeof key === "string") return key;
  throw badCursor(page.cursor);
}

/** The text and number after which a list that is ordered by both goes on; null: from its beginning. */
export function pairCursor(page: PageRequest): readonly [string, number] | null {
  const key = decodeCursor(page.cursor);
  if (key === null) return null;
  if (Array.isArray(key) && key.length === 2) {
    const [text, number]: unknown[] = key;
    if (typeof text === "string" && typeof number === "number") return [text, number];
  }
  throw badCursor(page.cursor);
}

function encodeCursor(key: CursorKey): string {
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodeCursor(cursor: string | null): unknown {
  if (cursor === null) return null;
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw badCursor(cursor, cause);
  }
}

function badCursor(cursor: string | null, cause?: unknown): StoreError {
  const message = `Expected a cursor that a page of this list gave, got ${JSON.stringify(cursor)}.`;
  return new StoreError("badCursor", message, { cause });
}
