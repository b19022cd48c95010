import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface ApprovalAcceptOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: ApprovalAcceptOptions): Promise<number> {
  const client = await session.client();
  const task = await client.approvals.accept(id);
  return await printDone(session, `${id} has been approved successfully.`, task);
}
