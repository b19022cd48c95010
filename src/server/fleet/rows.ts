/** OPMATE's page: 30 rows; 0 is everything. */
const LIMIT_DEFAULT = 30;

/** The rows that were asked for of those that fit, with how many fit. */
export function rows<Item, Json>(
  items: readonly Item[],
  {
    limit = LIMIT_DEFAULT,
    offset = 0,
  }: { limit?: number | undefined; offset?: number | undefined },
  view: (item: Item) => Json,
): { items: Json[]; total: number } {
  const end = limit === 0 ? items.length : offset + limit;
  return { items: items.slice(offset, end).map(view), total: items.length };
}

/** Filters of ids and names match any part, in whatever case. */
export function hasPart(text: string, part: string | undefined): boolean {
  return part === undefined || text.toLowerCase().includes(part.toLowerCase());
}

/** In the order in which people read ids. */
export function byId<Item extends { readonly id: string }>(items: Iterable<Item>): Item[] {
  return [...items].sort((left, right) => (left.id < right.id ? -1 : 1));
}
