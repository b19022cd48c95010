import { type Client, orNull } from "../../client/client.ts";
import type { Node } from "../../protocol/api/answer/node.ts";
import { CliError } from "../failure.ts";

/** Fewer characters begin the ids of too many. */
const LEAST_LENGTH = 2;
/** Of several that begin so. */
const MATCHES_SHOWN = 10;

/**
 * The node of this id, or else the only one whose id begins so. Throws CliError where several do, and the server's
 * ApiError where none does. What is asked again later is asked by the id of the answer.
 */
export async function namedNode(client: Client, given: string): Promise<Node> {
  if (given.length < LEAST_LENGTH) return await client.nodes.get(given);
  const found = await orNull(client.nodes.get(given));
  if (found !== null) return found;
  const { items } = await client.nodes.list({ idPrefix: given, limit: MATCHES_SHOWN + 1 });
  const [only, ...others] = items;
  if (only === undefined) return await client.nodes.get(given);
  if (others.length === 0) return only;
  const ids = items.slice(0, MATCHES_SHOWN).map(({ id, poolId }) => `${id} (${poolId})`);
  const more = items.length > MATCHES_SHOWN ? ["and more"] : [];
  throw new CliError(
    `Expected how the id of one node begins and got "${given}", as several do:\n${[...ids, ...more].join("\n")}`,
    { fix: "Write more of the id." },
  );
}
