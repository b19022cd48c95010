import { ApiError } from "../../client/apiError.ts";
import type { Client } from "../../client/client.ts";
import { counted } from "../../model/counted.ts";
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
  const source = await readSource(session, options.file);
  const file = jobOf(source, options);
  const { id } = file.job;
  const count = file.tasks.length;
  if (count === 0 && options.wait) throw nothingToWaitFor(source.name, id);
  const client = await session.client();
  await submit(session, client, file, options);
  const tasks = count === 0 ? "without tasks" : `with ${counted(count, "task")}`;
  const sentence = `${id} has been created successfully ${tasks}.`;
  if (!options.wait) {
    const exitCode = await printDone(session, sentence, { id, tasks: count });
    if (count === 0) await session.note(emptyNote(file));
    return exitCode;
  }
  await session.note(sentence);
  return await awaitOutcome(session, client, id);
}

/** Before anything is sent: such a wait would have no end to wait for, or none worth it. */
function nothingToWaitFor(name: string, id: string): CliError {
  return new CliError(`Expected tasks to wait for in ${name} and got none.`, {
    fix: `Add tasks to the file; or run it without --wait, add tasks with \`stint jobtask add ${id}\`, then wait with \`stint job wait ${id}\`.`,
  });
}

function emptyNote({ job }: JobFile): string {
  const ends = job.onAllTasksComplete?.toLowerCase() === "terminatejob";
  if (ends) return "The file has no tasks, and so the job ends at once (onAllTasksComplete).";
  return `The file has no tasks. Add some with \`stint jobtask add ${job.id}\`.`;
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
