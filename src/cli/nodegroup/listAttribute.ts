import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface NodeGroupListAttributeOptions {
  readonly id: string;
}

interface Attribute {
  readonly key: string;
  readonly value: string;
}

const COLUMNS = [
  column<Attribute>("KEY", (attribute) => attribute.key),
  column<Attribute>("VALUE", (attribute) => attribute.value),
];

export async function run(
  session: Session,
  { id }: NodeGroupListAttributeOptions,
): Promise<number> {
  const client = await session.client();
  const { attributes } = await client.nodeGroups.get(id);
  const rows = Object.entries(attributes).map(([key, value]) => ({ key, value }));
  return await printList(session, COLUMNS, allRows(rows, { limit: 0, offset: 0 }));
}
