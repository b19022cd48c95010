import { ApiError } from "../../client/apiError.ts";
import type { Client } from "../../client/client.ts";
import { CliError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type JobFile, jobOf, readSource } from "./jobFile.ts";
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
  await submit(session, client, file, options);
  const { id } = file.job;
  const sentence = `${id} has been created successfully with ${file.tasks.length} tasks.`;
  if (!options.wait) {
    return await printDone(session, sentence, { id, tasks: file.tasks.length });
  }
  await session.note(sentence);
  return await awaitOutcome(session, client, id);
}

async function submit(
  session: Session,
  client: Client,
  file: JobFile,
  options: JobRunOptions,
): Promise<void> {
  try {
    await submitJob(session, client, file);
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== "JobExists") throw cause;
    const { id } = file.job;
    const fix = `Run it under another id with \`stint job run ${options.file} -id ID\`, or remove that job first with \`stint job delete ${id}\`.`;
    throw new CliError(`${cause.message} (${cause.code})`, { fix, cause });
  }
}
