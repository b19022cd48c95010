import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type EditableOptions, editedFields } from "./edited.ts";

export interface PoolEditOptions extends EditableOptions {
  readonly id: string;
}

export async function run(session: Session, options: PoolEditOptions): Promise<number> {
  const { id, name } = options;
  const body = { ...givenOf({ displayName: name }), ...editedFields(options) };
  if (Object.keys(body).length === 0) {
    throw new UsageError("Expected something to change and got nothing.");
  }
  const client = await session.client();
  const pool = await client.pools.update(id, body);
  return await printDone(session, `${id} has been modified successfully.`, pool);
}
