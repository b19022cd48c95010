import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { jobOf, readSource } from "./jobFile.ts";
import { awaitOutcome } from "./outcome.ts";
import { submitJob } from "./submitJob.ts";

export interface JobRunOptions {
  readonly file: string;
  readonly wait: boolean;
  readonly id: string | undefined;
  readonly poolId: string | undefined;
}

export async function run(session: Session, options: JobRunOptions): Promise<number> {
  const file = jobOf(await readSource(session, options.file), options);
  const client = await session.client();
  await submitJob(session, client, file);
  const { id } = file.job;
  const sentence = `${id} has been created successfully with ${file.tasks.length} tasks.`;
  if (!options.wait) {
    return await printDone(session, sentence, { id, tasks: file.tasks.length });
  }
  await session.note(sentence);
  return await awaitOutcome(session, client, id);
}
