import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type EditableOptions, editedFields } from "./edited.ts";

export interface PoolCreateOptions extends EditableOptions {
  readonly id: string;
  readonly nodes: number | undefined;
  readonly slots: number | undefined;
  readonly provider: "local" | "none" | undefined;
  readonly vmSize: string | undefined;
  readonly resizeTimeout: string | undefined;
}

export async function run(session: Session, options: PoolCreateOptions): Promise<number> {
  const { id, name, nodes, slots, provider, vmSize, resizeTimeout } = options;
  const body = {
    id,
    ...givenOf({ displayName: name, provider, vmSize, resizeTimeout }),
    ...givenOf({ targetDedicatedNodes: nodes, taskSlotsPerNode: slots }),
    ...editedFields(options),
  };
  const client = await session.client();
  const created = await client.pools.create(body);
  return await printDone(session, `${id} has been created successfully.`, created);
}
