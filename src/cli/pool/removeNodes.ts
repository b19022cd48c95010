import { orNull } from "../../client/client.ts";
import { waitUntil } from "../../client/waitUntil.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type ResizingOptions, resizingFields } from "./resize.ts";

export interface PoolRemoveNodesOptions extends ResizingOptions {
  readonly id: string;
  readonly nodeId: readonly string[];
  readonly wait: boolean;
}

export async function run(session: Session, options: PoolRemoveNodesOptions): Promise<number> {
  const { id, nodeId, wait } = options;
  const client = await session.client();
  const body = { nodeList: [...nodeId], ...resizingFields(options) };
  const answer = await client.pools.removeNodes(id, body);
  if (!wait) {
    const sentence = `${nodeId.join(", ")} of ${id}: removal has been requested successfully.`;
    return await printDone(session, sentence, answer);
  }
  const { signal } = session;
  for (const node of nodeId) {
    await waitUntil(
      () => orNull(client.nodes.get(node)),
      (found) => found === null,
      { signal },
    );
  }
  return await printDone(session, `${nodeId.join(", ")} of ${id} has been removed.`, answer);
}
