import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskRenameOptions {
  readonly id: string;
  readonly newId: string;
}

export async function run(session: Session, { id, newId }: TaskRenameOptions): Promise<number> {
  const client = await session.client();
  const task = await client.definitions.edit(id, { newId });
  return await printDone(session, `${id} has been renamed to ${newId} successfully.`, task);
}
