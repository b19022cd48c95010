import type { Pool } from "../../protocol/api/answer/pool.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface PoolListOptions {
  readonly id: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Pool>("ID", (pool) => pool.id),
  column<Pool>("STATE", (pool) => pool.state),
  column<Pool>("ALLOCATION", (pool) => pool.allocationState),
  column<Pool>("NODES", nodesOf),
  column<Pool>("SLOTS", (pool) => pool.taskSlotsPerNode),
  column<Pool>("PROVIDER", (pool) => pool.provider),
  column<Pool>("ACCEPTS", (pool) => pool.accepts.join(",")),
  column<Pool>("CREATED AT", (pool) => minute(pool.creationTime)),
];

/** Those that there are of those that were asked for; where machines join by themselves nobody asks for any. */
function nodesOf({ provider, currentDedicatedNodes: nodes, targetDedicatedNodes }: Pool): string {
  return provider === "none" ? `${nodes} joined` : `${nodes}/${targetDedicatedNodes}`;
}

export async function run(session: Session, options: PoolListOptions): Promise<number> {
  const client = await session.client();
  const filter = givenOf({ idPrefix: options.id });
  const rows = await readRows(options, (page) => client.pools.list({ ...filter, ...page }));
  return await printList(session, COLUMNS, rows);
}
