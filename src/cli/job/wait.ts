import type { Session } from "../session.ts";
import { awaitOutcome } from "./outcome.ts";

export interface JobWaitOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: JobWaitOptions): Promise<number> {
  return await awaitOutcome(session, await session.client(), id);
}
