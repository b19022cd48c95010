import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { restrictedLines } from "../task/checkScript.ts";

export interface ApprovalAcceptOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: ApprovalAcceptOptions): Promise<number> {
  const client = await session.client();
  // Read before: an answer that was given is not followed by an error of what only shows it.
  const restricted = session.form === "box" ? await restrictedLines(client, id) : [];
  const task = await client.approvals.accept(id);
  await printDone(session, `${id} has been approved successfully.`, task);
  if (restricted.length > 0) await session.print(`\n${restricted.join("\n")}`);
  return 0;
}
