import { givenOf } from "../command/keyValue.ts";
import { printJson } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeJoinTokenOptions {
  readonly poolId: string;
  readonly expiresIn: string | undefined;
  readonly uses: number | undefined;
}

/** The token alone on stdout, so that it can go straight into a file. */
export async function run(session: Session, options: NodeJoinTokenOptions): Promise<number> {
  const { poolId, expiresIn, uses } = options;
  const client = await session.client();
  const answer = await client.tokens.createJoinToken({ poolId, ...givenOf({ expiresIn, uses }) });
  if (session.form === "json") return await printJson(session, answer);
  await session.print(answer.token);
  const { url } = await session.address();
  await session.note(
    `Put it into a file that only the agent can read, then run there:\nstint agent --server ${url} --join-token-file FILE`,
  );
  return 0;
}
