import { ApiError } from "../../client/apiError.ts";
import { CliError } from "../failure.ts";
import { isOver, type Login, readLogin, removeLogin } from "../logins.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export type UserLogoutOptions = Readonly<Record<string, never>>;

export async function run(session: Session, _options: UserLogoutOptions): Promise<number> {
  const { env } = session.io;
  const { url } = await session.address();
  const login = await readLogin(env, url);
  if (login === null) {
    throw new CliError(`Nobody is logged in to ${url} from here.`, {
      fix: "Log in with `stint user login -id USER`.",
    });
  }
  if (!isOver(login, session.io.now())) await endSession(session, login);
  await removeLogin(env, url);
  const answer = { userId: login.userId };
  return await printDone(session, `${login.userId} has been logged out successfully.`, answer);
}

/** When the server can not be asked, the login is kept, so that its session can be ended later. */
async function endSession(session: Session, login: Login): Promise<void> {
  try {
    const client = await session.clientOf(login);
    await client.users.logout();
  } catch (error) {
    // The server has ended it already.
    const hasEnded = error instanceof ApiError && error.code === "AuthenticationFailed";
    if (!hasEnded) throw error;
  }
}
