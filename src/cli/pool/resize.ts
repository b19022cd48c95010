import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface ResizingOptions {
  readonly deallocation: "requeue" | "terminate" | "taskcompletion" | "retaineddata" | undefined;
  readonly timeout: string | undefined;
}

export interface PoolResizeOptions extends ResizingOptions {
  readonly id: string;
  readonly nodes: number;
}

export function resizingFields({ deallocation, timeout }: ResizingOptions) {
  return givenOf({ nodeDeallocationOption: deallocation, resizeTimeout: timeout });
}

export async function run(session: Session, options: PoolResizeOptions): Promise<number> {
  const { id, nodes } = options;
  const client = await session.client();
  const body = { targetDedicatedNodes: nodes, ...resizingFields(options) };
  const answer = await client.pools.resize(id, body);
  return await printDone(session, `${id}'s resize has been requested successfully.`, answer);
}
