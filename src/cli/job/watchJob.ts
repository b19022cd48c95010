import { ApiError } from "../../client/apiError.ts";
import type { Client } from "../../client/client.ts";
import { pause } from "../../client/waitUntil.ts";
import type { TaskCounts } from "../../protocol/api/answer/job.ts";
import { CliError } from "../failure.ts";
import { type Progress, startProgress } from "../output/progress.ts";
import type { Session } from "../session.ts";
import { again } from "./again.ts";

/** Short jobs are seen to end at once; long ones cost the server one count a second. */
const FIRST_INTERVAL_MS = 20;
const MOST_INTERVAL_MS = 1000;
/** When nothing has run for this long, it is time to ask why. */
const QUIET_MS = 5000;
/** A server may be away this long, for an upgrade say. */
const PATIENCE_MS = 5 * 60_000;

/**
 * Waits until all tasks of a job are completed and, when the job ends by itself then, until it has ended. Of a job that
 * ended before its tasks, those that are still active never run.
 */
export async function watchJob(
  session: Session,
  client: Client,
  jobId: string,
): Promise<TaskCounts> {
  const progress = await startProgress(session.io);
  let isSeen = false;
  const ask = async <Value>(call: () => Promise<Value>) => {
    const answer = await again(call, {
      now: session.io.now,
      signal: session.signal,
      patienceMs: PATIENCE_MS,
      onAway: (error) => void progress.note(`${error.message}; trying again`),
    });
    isSeen = true;
    return answer;
  };
  const watch = { session, client, jobId, progress, ask };
  try {
    const counts = await watchTasks(watch);
    progress.stop();
    await watchEnd(watch);
    return counts;
  } catch (error) {
    const isGone = isSeen && error instanceof ApiError && error.code === "JobNotFound";
    throw isGone ? jobGone(jobId, error) : error;
  } finally {
    progress.stop();
  }
}

interface Watch {
  readonly session: Session;
  readonly client: Client;
  readonly jobId: string;
  readonly progress: Progress;
  readonly ask: <Value>(call: () => Promise<Value>) => Promise<Value>;
}

async function watchTasks(watch: Watch): Promise<TaskCounts> {
  const { session, client, jobId, progress, ask } = watch;
  const quiet = new Quiet(session.io.now);
  let intervalMs = FIRST_INTERVAL_MS;
  while (true) {
    const counts = await ask(() => client.jobs.taskCounts(jobId));
    const { active, running } = counts.taskCounts;
    await progress.update(counts.taskCounts);
    if (active + running === 0) return counts;
    if (running === 0 && (await hasEnded(watch))) {
      return await ask(() => client.jobs.taskCounts(jobId));
    }
    if (quiet.isLong(counts)) await tellWhy(watch, quiet);
    await pause(intervalMs, session.signal);
    session.signal.throwIfAborted();
    intervalMs = Math.min(intervalMs * 1.5, MOST_INTERVAL_MS);
  }
}

async function hasEnded({ client, jobId, ask }: Watch): Promise<boolean> {
  return (await ask(() => client.jobs.get(jobId))).state === "completed";
}

/** Notices when tasks wait and none runs. */
class Quiet {
  readonly #now: () => number;
  #since: number;
  #completed = -1;
  reason = "";

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  isLong({ taskCounts: { running, completed } }: TaskCounts): boolean {
    const now = this.#now();
    if (running > 0 || completed !== this.#completed) {
      this.#completed = completed;
      this.#since = now;
      return false;
    }
    if (now - this.#since < QUIET_MS) return false;
    this.#since = now;
    return true;
  }
}

/** Says why the first waiting task waits, once for each reason. */
async function tellWhy({ client, jobId, progress, ask }: Watch, quiet: Quiet): Promise<void> {
  const page = await ask(() => client.tasks.list(jobId, { state: "active", limit: 1 }));
  const [task] = page.items;
  if (task === undefined) return;
  const { summary } = await ask(() => client.tasks.explain(jobId, task.id));
  if (summary === quiet.reason) return;
  quiet.reason = summary;
  await progress.note(`${task.id} waits: ${summary}`);
}

async function watchEnd({ session, client, jobId, progress, ask }: Watch): Promise<void> {
  let isTold = false;
  let intervalMs = FIRST_INTERVAL_MS;
  while (true) {
    const job = await ask(() => client.jobs.get(jobId));
    const ends = job.onAllTasksComplete === "terminatejob" || job.state === "terminating";
    if (!ends || job.state === "completed") return;
    if (!isTold && intervalMs === MOST_INTERVAL_MS) {
      await progress.note(`${jobId} is ${job.state}`);
      isTold = true;
    }
    await pause(intervalMs, session.signal);
    session.signal.throwIfAborted();
    intervalMs = Math.min(intervalMs * 1.5, MOST_INTERVAL_MS);
  }
}

function jobGone(jobId: string, cause: ApiError): CliError {
  return new CliError(
    `Expected the job ${jobId} to go on, and it is gone: somebody has deleted it.`,
    { fix: "Run it again if it is still wanted.", cause },
  );
}
