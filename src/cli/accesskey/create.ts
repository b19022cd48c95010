import { givenOf } from "../command/keyValue.ts";
import type { ROLE } from "../command/people.ts";
import { printJson } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface AccessKeyCreateOptions {
  readonly name: string;
  readonly role: `${keyof typeof ROLE}` | undefined;
  readonly expiresIn: string | undefined;
}

export async function run(session: Session, options: AccessKeyCreateOptions): Promise<number> {
  const { name, role, expiresIn } = options;
  const client = await session.client();
  const roleNumber = role === undefined ? undefined : Number(role);
  const key = await client.accessKeys.create({ name, ...givenOf({ role: roleNumber, expiresIn }) });
  if (session.form === "json") return await printJson(session, key);
  await session.note(`${key.id} has been created successfully. Its secret is shown this once:`);
  // Alone on stdout, so that it can go straight into a file.
  await session.print(key.secret);
  return 0;
}
