import { writeLogin } from "../logins.ts";
import { printDone } from "../output/json.ts";
import { askSecret } from "../secrets.ts";
import type { Session } from "../session.ts";

export interface UserLoginOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: UserLoginOptions): Promise<number> {
  const client = await session.client("nobody");
  const password = await askSecret(session.io, "Enter password: ");
  const { token, ...answer } = await client.users.login(id, password);
  const { url, source } = await session.address();
  const { userId, expirationTime } = answer;
  await writeLogin(session.io.env, { url, userId, token, expirationTime });
  await printDone(session, `${id} has been logged in successfully.`, answer);
  // Beside an address that was given, the variable's token goes before the login, which nobody would see.
  const isGiven = source === "--server" || source === "STINT_SERVER";
  if (isGiven && (session.io.env["STINT_TOKEN"] ?? "") !== "") {
    await session.note(
      "STINT_TOKEN is set and goes before the login: unset it for commands to act as this user.",
    );
  }
  return 0;
}
