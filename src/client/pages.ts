interface Page<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string | undefined;
}

/** All items of a list, page by page as they are wanted. */
export async function* allItems<Item>(
  readPage: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
