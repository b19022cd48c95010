import type { Client } from "../../client/client.ts";
import type { JoinToken } from "../../protocol/api/answer/system.ts";
import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { minute } from "../output/cell.ts";
import { printJson } from "../output/json.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface NodeJoinTokenOptions {
  readonly poolId: string | undefined;
  readonly expiresIn: string | undefined;
  readonly uses: number | undefined;
}

const COLUMNS = [
  column<JoinToken>("ID", (token) => token.id),
  column<JoinToken>("POOL", (token) => token.poolId),
  column<JoinToken>("USES LEFT", (token) => token.uses ?? "any number"),
  column<JoinToken>("EXPIRES AT", (token) => minute(token.expirationTime) ?? "never"),
  column<JoinToken>("CREATED AT", (token) => minute(token.creationTime)),
];

export async function run(session: Session, options: NodeJoinTokenOptions): Promise<number> {
  const { poolId, expiresIn, uses } = options;
  const client = await session.client();
  if (poolId !== undefined) return await make(session, client, { ...options, poolId });
  if (expiresIn !== undefined || uses !== undefined) {
    throw new UsageError("Expected -pi,--poolid with -ei,--expiresin and -us,--uses and got none.");
  }
  const { items } = await client.tokens.listJoinTokens();
  return await printList(session, COLUMNS, allRows(items, { limit: 0, offset: 0 }));
}

/** The token alone on stdout, so that it can go straight into a file. */
async function make(
  session: Session,
  client: Client,
  { poolId, expiresIn, uses }: NodeJoinTokenOptions & { readonly poolId: string },
): Promise<number> {
  const answer = await client.tokens.createJoinToken({ poolId, ...givenOf({ expiresIn, uses }) });
  if (session.form === "json") return await printJson(session, answer);
  await session.print(answer.token);
  const { url } = await session.address();
  await session.note(
    `Put it into a file that only the agent can read, then run there:\nstint agent --server ${url} --join-token-file FILE`,
  );
  return 0;
}
