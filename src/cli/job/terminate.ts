import { printDone, printJson } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobTerminateOptions {
  readonly id: string;
  readonly reason: string | undefined;
  readonly wait: boolean;
}

export async function run(session: Session, options: JobTerminateOptions): Promise<number> {
  const { id, reason, wait } = options;
  const client = await session.client();
  const answer = await client.jobs.terminate(id, reason);
  if (!wait) {
    return await printDone(session, `${id}'s end has been requested successfully.`, answer);
  }
  const job = await client.jobs.waitUntilCompleted(id, { signal: session.signal });
  if (session.form === "json") return await printJson(session, job);
  await session.print(`${id} has been completed.`);
  return 0;
}
