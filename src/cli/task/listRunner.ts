import type { Session } from "../session.ts";
import { printNamed } from "./named.ts";
import { type RevisionOptions, shownTask } from "./shown.ts";

export async function run(session: Session, options: RevisionOptions): Promise<number> {
  return await printNamed(
    session,
    (await shownTask(session, await session.client(), options)).runners,
  );
}
