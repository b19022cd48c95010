import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import { askNewPassword } from "../secrets.ts";
import type { Session } from "../session.ts";

export interface UserCreateOptions {
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly desc: string | undefined;
}

export async function run(session: Session, options: UserCreateOptions): Promise<number> {
  const { id, name, phone, email, desc } = options;
  const client = await session.client("anybody");
  const password = await askNewPassword(session.io);
  const profile = { name, phone, email, ...givenOf({ description: desc }) };
  const user = await client.users.create({ id, password, ...profile });
  await printDone(session, `${id} has been created successfully.`, user);
  await session.note(
    `An administrator has to enable it before the first login: stint user edit -id ${id} -st E`,
  );
  return 0;
}
