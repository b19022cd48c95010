import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface ApprovalRejectOptions {
  readonly id: string;
  readonly reason: string | undefined;
}

export async function run(session: Session, options: ApprovalRejectOptions): Promise<number> {
  const { id, reason } = options;
  const client = await session.client();
  const task = await client.approvals.reject(id, givenOf({ reason }));
  return await printDone(session, `${id} has been rejected successfully.`, task);
}
