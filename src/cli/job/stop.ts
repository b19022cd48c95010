import { orNull } from "../../client/client.ts";
import { waitUntil } from "../../client/waitUntil.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobStopOptions {
  readonly id: string;
  readonly purge: boolean;
  readonly detach: boolean;
}

export async function run(session: Session, options: JobStopOptions): Promise<number> {
  const { id, purge, detach } = options;
  const client = await session.client();
  if (purge) await client.jobs.delete(id);
  else await client.jobs.terminate(id);
  if (detach) {
    const wish = purge ? "deletion" : "end";
    return await printDone(session, `${id}'s ${wish} has been requested successfully.`, { id });
  }
  const isOver = (state: string | undefined) => state === undefined || state === "completed";
  await waitUntil(
    () => orNull(client.jobs.get(id)),
    (job) => (purge ? job === null : isOver(job?.state)),
    { signal: session.signal },
  );
  const sentence = purge ? `${id} has been stopped and purged.` : `${id} has been stopped.`;
  return await printDone(session, sentence, { id });
}
