import { changesOf } from "../command/keyValue.ts";
import { type ROLE, type SwitchLetter, switchOf } from "../command/people.ts";
import { writeLogin } from "../logins.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface UserEditOptions {
  readonly id: string;
  readonly newId: string | undefined;
  readonly name: string | undefined;
  readonly phone: string | undefined;
  readonly email: string | undefined;
  readonly desc: string | undefined;
  readonly role: `${keyof typeof ROLE}` | undefined;
  readonly status: SwitchLetter | undefined;
}

export async function run(session: Session, options: UserEditOptions): Promise<number> {
  const { id, newId, name, phone, email, desc, role, status } = options;
  const body = changesOf({
    newId,
    name,
    phone,
    email,
    description: desc,
    role: role === undefined ? undefined : Number(role),
    status: switchOf(status),
  });
  const client = await session.client();
  const user = await client.users.edit(id, body);
  const { login } = session;
  // Whoever renames the own account goes on as that.
  if (newId !== undefined && login !== null && login.userId.toLowerCase() === id.toLowerCase()) {
    await writeLogin(session.io.env, { ...login, userId: user.id });
  }
  return await printDone(session, `${id} has been modified successfully.`, user);
}
