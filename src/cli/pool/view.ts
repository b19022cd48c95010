import type { Pool } from "../../protocol/api/answer/pool.ts";
import { minute } from "../output/cell.ts";
import { printView, type View } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface PoolViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: PoolViewOptions): Promise<number> {
  const client = await session.client();
  const pool = await client.pools.get(id);
  return await printView(session, poolView(pool), pool);
}

export function poolView(pool: Pool): View {
  const errors = (pool.resizeErrors ?? []).map(({ code, message }) => `${code}: ${message}`);
  const metadata = pool.metadata.map(({ name, value }) => `${name}=${value}`);
  return {
    fields: [
      ["ID", pool.id],
      ["NAME", pool.displayName],
      ["PROVIDER", pool.provider],
      ["VM SIZE", pool.vmSize],
      ["STATE", pool.state],
      ["ALLOCATION", pool.allocationState],
      ["ALLOCATION SINCE", minute(pool.allocationStateTransitionTime)],
      ["NODES", pool.currentDedicatedNodes],
      [
        "TARGET NODES",
        pool.provider === "none" ? "machines join by themselves" : pool.targetDedicatedNodes,
      ],
      ["SLOTS PER NODE", pool.taskSlotsPerNode],
      ["FILL TYPE", pool.taskSchedulingPolicy.nodeFillType],
      ["ACCEPTS", pool.accepts.join(",")],
      ["RESIZE TIMEOUT", pool.resizeTimeout],
      ["CREATED AT", minute(pool.creationTime)],
      ["UPDATED AT", minute(pool.lastModified)],
    ],
    sections: [
      ...(errors.length === 0 ? [] : [{ name: "RESIZE ERRORS", items: errors }]),
      ...(metadata.length === 0 ? [] : [{ name: "METADATA", items: metadata }]),
    ],
  };
}
