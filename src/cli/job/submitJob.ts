import type { Client } from "../../client/client.ts";
import { ADD_TASKS_MAX, REQUEST_BODY_MAX_BYTES } from "../../model/limits.ts";
import type { TaskAdd } from "../../protocol/api/task.ts";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { again } from "./again.ts";
import type { JobFile } from "./jobFile.ts";

/** Room for the job itself, and for what JSON puts between tasks. */
const TASKS_BYTES_MAX = REQUEST_BODY_MAX_BYTES / 2;
const PATIENCE_MS = 60_000;

/** Creates the job with its tasks: in one call, all or nothing, or where they are too many for that, bulk after bulk. */
export async function submitJob(
  session: Session,
  client: Client,
  { job, tasks }: JobFile,
): Promise<void> {
  const [first = [], ...others] = bulksOf(tasks);
  if (others.length === 0) {
    await client.jobs.create(tasks.length === 0 ? job : { ...job, tasks: first });
    return;
  }
  const { onAllTasksComplete, ...rest } = job;
  // A job that ends when its tasks are completed would end between two bulks.
  await client.jobs.create(rest);
  let added = 0;
  try {
    for (const bulk of [first, ...others]) {
      await addTasks(session, client, job.id, bulk);
      added += bulk.length;
      await session.note(`${added}/${tasks.length} tasks added`);
    }
  } catch (cause) {
    throw cause instanceof Error ? incomplete(job.id, added, tasks.length, cause) : cause;
  }
  if (onAllTasksComplete !== undefined) await client.jobs.patch(job.id, { onAllTasksComplete });
}

/**
 * Adds tasks in calls as large as they may be, all of them whatever becomes of some. Throws CliError for the first that
 * is refused, with how many others were.
 */
export async function addTasks(
  session: Session,
  client: Client,
  jobId: string,
  tasks: readonly TaskAdd[],
): Promise<void> {
  const { now } = session.io;
  const errors: { readonly message: string; readonly fix: string }[] = [];
  for (const bulk of bulksOf(tasks)) {
    // Under one key a repetition gives the first answer: no task is added twice, and none is said to exist already.
    const key = crypto.randomUUID();
    const results = await again(() => client.tasks.addMany(jobId, bulk, key), {
      now,
      signal: session.signal,
      patienceMs: PATIENCE_MS,
      onAway: (error) => void session.note(`${error.message}; trying again`),
    });
    for (const { error } of results) if (error !== undefined) errors.push(error);
  }
  const [first] = errors;
  if (first === undefined) return;
  const others = errors.length === 1 ? "" : ` (and ${othersOf(errors.length - 1)} refused)`;
  throw new CliError(`${first.message}${others}`, { fix: first.fix });
}

function othersOf(count: number): string {
  return count === 1 ? "one more was" : `${count} more were`;
}

function bulksOf(tasks: readonly TaskAdd[]): TaskAdd[][] {
  const bulks: TaskAdd[][] = [];
  let bulk: TaskAdd[] = [];
  let sizeBytes = 0;
  for (const task of tasks) {
    const taskBytes = Buffer.byteLength(JSON.stringify(task));
    const isFull = bulk.length >= ADD_TASKS_MAX || sizeBytes + taskBytes > TASKS_BYTES_MAX;
    if (isFull && bulk.length > 0) {
      bulks.push(bulk);
      bulk = [];
      sizeBytes = 0;
    }
    bulk.push(task);
    sizeBytes += taskBytes;
  }
  return bulk.length === 0 ? bulks : [...bulks, bulk];
}

function incomplete(jobId: string, added: number, count: number, cause: Error): CliError {
  const fix = cause instanceof CliError ? `${cause.fix} ` : "";
  return new CliError(
    `The job ${jobId} has been created with ${added} of ${count} tasks at least: ${cause.message}`,
    {
      fix: `${fix}Remove the job with \`stint job delete ${jobId}\`, then run the file again.`,
      cause,
    },
  );
}
