import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupAddAttributeOptions {
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

export async function run(
  session: Session,
  { id, key, value }: NodeGroupAddAttributeOptions,
): Promise<number> {
  const client = await session.client();
  const group = await client.nodeGroups.setAttribute(id, key, value);
  return await printDone(session, `${key} has been added to ${id} successfully.`, group);
}
