import { type Changes, emptyChanges } from "../../model/changes.ts";
import type { PageRequest, Store } from "../store.ts";

// What the suite asks of a store, in short forms.

/** Changes as the edit makes them. */
export function changesOf(edit: (changes: Changes) => void): Changes {
  const changes = emptyChanges();
  edit(changes);
  return changes;
}

export async function commit(store: Store, edit: (changes: Changes) => void): Promise<void> {
  await store.commit({ changes: changesOf(edit), idempotency: [], epoch: 1 });
}

export function page(change: Partial<PageRequest> = {}): PageRequest {
  return { limit: 100, cursor: null, order: "ascending", ...change };
}

/** The items of all pages of a list, read two by two. */
export async function allPages<Item>(
  order: PageRequest["order"],
  list: (request: PageRequest) => Promise<{ items: Item[]; cursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const answer: { items: Item[]; cursor: string | null } = await list({
      limit: 2,
      cursor,
      order,
    });
    if (answer.items.length > 2) throw new Error(`a page of ${answer.items.length} items`);
    items.push(...answer.items);
    cursor = answer.cursor;
  } while (cursor !== null);
  return items;
}
