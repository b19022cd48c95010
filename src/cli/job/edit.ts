import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type EditableOptions, editedFields } from "./edited.ts";

export interface JobEditOptions extends EditableOptions {
  readonly id: string;
}

export async function run(session: Session, options: JobEditOptions): Promise<number> {
  const { id, poolId } = options;
  const poolInfo = poolId === undefined ? undefined : { poolId };
  const body = { ...givenOf({ poolInfo }), ...editedFields(options) };
  if (Object.keys(body).length === 0) {
    throw new UsageError("Expected something to change and got nothing.");
  }
  const client = await session.client();
  const job = await client.jobs.patch(id, body);
  return await printDone(session, `${id} has been modified successfully.`, job);
}
