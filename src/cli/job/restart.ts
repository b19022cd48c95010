import { counted } from "../../model/counted.ts";
import { printDone } from "../output/json.ts";
import { shortId } from "../output/shortId.ts";
import type { Session } from "../session.ts";

export interface JobRestartOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: JobRestartOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.groups.restart(id);
  const { allocations, refused } = answer;
  for (const { message } of refused) await session.note(`warning: ${message}`);
  const ids = allocations.map((allocation) => shortId(allocation)).join(", ");
  const sentence =
    allocations.length === 0
      ? `${id} has no running allocations to restart.`
      : `Restarting ${counted(allocations.length, "allocation")} of ${id}: ${ids}`;
  return await printDone(session, sentence, answer);
}
