import { changesOf } from "../command/keyValue.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeEditOptions {
  readonly id: string;
  readonly newId: string | undefined;
  readonly owner: string | undefined;
  readonly desc: string | undefined;
  readonly status: SwitchLetter | undefined;
}

export async function run(session: Session, options: NodeEditOptions): Promise<number> {
  const { id, newId, owner, desc, status } = options;
  const body = changesOf({ newId, owner, description: desc, status: switchOf(status) });
  const client = await session.client();
  const node = await client.nodes.edit(id, body);
  return await printDone(session, `${id} has been modified successfully.`, node);
}
