import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupRemoveAttributeOptions {
  readonly id: string;
  readonly key: string;
}

export async function run(
  session: Session,
  { id, key }: NodeGroupRemoveAttributeOptions,
): Promise<number> {
  const client = await session.client();
  const answer = await client.nodeGroups.removeAttribute(id, key);
  return await printDone(session, `${key} has been removed from ${id} successfully.`, answer);
}
