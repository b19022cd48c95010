import { ApiError } from "../../client/apiError.ts";
import { CliError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface SystemRevokeOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: SystemRevokeOptions): Promise<number> {
  const { tokens } = await session.client();
  const isRevoked =
    (await isFound(tokens.revokeApiToken(id))) || (await isFound(tokens.revokeJoinToken(id)));
  if (isRevoked) return await printDone(session, `${id} has been revoked successfully.`, { id });
  throw new CliError(`There is no token ${id}. (TokenNotFound)`, {
    fix: "See API tokens with `stint system token`, and join tokens with `stint node jointoken`.",
  });
}

async function isFound(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === "TokenNotFound") return false;
    throw error;
  }
}
