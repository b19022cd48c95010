import { removeLogin } from "../logins.ts";
import { printDone } from "../output/json.ts";
import { askNewPassword } from "../secrets.ts";
import type { Session } from "../session.ts";

export interface UserPasswdOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: UserPasswdOptions): Promise<number> {
  const client = await session.client();
  const password = await askNewPassword(session.io);
  const answer = await client.users.setPassword(id, password);
  await printDone(session, `${id}'s password has been changed successfully.`, answer);
  const { login } = session;
  if (login !== null && login.userId.toLowerCase() === id.toLowerCase()) {
    await removeLogin(session.io.env, login.url);
    await session.note(
      `The login of ${id} has ended: log in again with stint user login -id ${id}`,
    );
  }
  return 0;
}
