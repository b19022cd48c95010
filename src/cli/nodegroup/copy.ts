import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupCopyOptions {
  readonly id: string;
  readonly newGroup: string;
}

export async function run(
  session: Session,
  { id, newGroup }: NodeGroupCopyOptions,
): Promise<number> {
  const client = await session.client();
  const group = await client.nodeGroups.copy(id, newGroup);
  return await printDone(session, `${newGroup} has been created successfully.`, group);
}
