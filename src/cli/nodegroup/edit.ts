import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupEditOptions {
  readonly id: string;
  readonly newId: string | undefined;
  readonly owner: string | undefined;
  readonly desc: string | undefined;
}

export async function run(session: Session, options: NodeGroupEditOptions): Promise<number> {
  const { id, newId, owner, desc } = options;
  const body = givenOf({ newId, owner, description: desc });
  if (Object.keys(body).length === 0) {
    throw new UsageError("Expected something to change and got no option for it.");
  }
  const client = await session.client();
  const group = await client.nodeGroups.edit(id, body);
  return await printDone(session, `${id} has been modified successfully.`, group);
}
