import type { Client } from "../../client/client.ts";
import { counted } from "../../model/counted.ts";
import type { TaskCounts } from "../../protocol/api/answer/job.ts";
import type { Task } from "../../protocol/api/answer/task.ts";
import { EXIT } from "../failure.ts";
import { printJson } from "../output/json.ts";
import { boxTable, column } from "../output/list.ts";
import type { Session } from "../session.ts";
import { printCounts } from "./counts.ts";
import { watchJob } from "./watchJob.ts";

/** Enough to see what is wrong; the rest is a command away. */
const FAILURES_SHOWN = 10;
const MESSAGE_COLUMNS_MAX = 80;
const SECOND_MS = 1000;

const COLUMNS = [
  column<Task>("TASK ID", (task) => task.id),
  column<Task>("NODE ID", (task) => task.nodeInfo?.nodeId),
  column<Task>("EXIT CD", (task) => task.executionInfo.exitCode),
  column<Task>("CODE", (task) => task.executionInfo.failureInfo?.code),
  column<Task>("MESSAGE", (task) => task.executionInfo.failureInfo?.message),
];

/** Waits for a job's tasks and prints how they ended; the exit code is 0 only if all of them ran and succeeded. */
export async function awaitOutcome(
  session: Session,
  client: Client,
  jobId: string,
): Promise<number> {
  const startedAt = session.io.now();
  const counts = await watching(session, client, jobId);
  const { active, completed, failed } = counts.taskCounts;
  const failures = failed === 0 ? [] : await firstFailures(client, jobId);
  const neverRun = active === 0 ? [] : await firstNeverRun(client, jobId);
  const exitCode = failed + active === 0 ? EXIT.ok : EXIT.failed;
  if (session.form === "json") {
    await printJson(session, { jobId, ...counts, failures, neverRun });
    return exitCode;
  }
  await printCounts(session, counts);
  if (active > 0) {
    await tellNeverRun(session, client, { jobId, active, total: active + completed, neverRun });
    if (failed === 0) return exitCode;
  }
  if (completed + active === 0) {
    await session.note(`${jobId} has no tasks. Add some with \`stint jobtask add ${jobId}\`.`);
    return exitCode;
  }
  const seconds = ((session.io.now() - startedAt) / SECOND_MS).toFixed(1);
  if (failed === 0)
    await session.note(`${completed} of ${counted(completed, "task")} succeeded, ${seconds} s`);
  else await tellFailures(session, { jobId, failed, completed, failures });
  return exitCode;
}

async function watching(session: Session, client: Client, jobId: string): Promise<TaskCounts> {
  try {
    return await watchJob(session, client, jobId);
  } catch (error) {
    if (session.signal.aborted) {
      await session.note(
        `\n${jobId} goes on without being watched. Watch it again with \`stint job wait ${jobId}\`, or end it with \`stint job terminate ${jobId}\`.`,
      );
    }
    throw error;
  }
}

async function firstFailures(client: Client, jobId: string): Promise<readonly Task[]> {
  const page = await client.tasks.list(jobId, { result: "failure", limit: FAILURES_SHOWN });
  return page.items;
}

async function firstNeverRun(client: Client, jobId: string): Promise<readonly string[]> {
  const page = await client.tasks.list(jobId, { state: "active", limit: FAILURES_SHOWN });
  return page.items.map(({ id }) => id);
}

interface NeverRun {
  readonly jobId: string;
  readonly active: number;
  readonly total: number;
  readonly neverRun: readonly string[];
}

async function tellNeverRun(session: Session, client: Client, outcome: NeverRun): Promise<void> {
  const { jobId, active, total, neverRun } = outcome;
  const { terminateReason } = (await client.jobs.get(jobId)).executionInfo;
  const reason = terminateReason === undefined ? "" : ` (${terminateReason})`;
  const more = neverRun.length < active ? ", ..." : "";
  await session.note(
    `\n${jobId} has ended${reason}, and ${active} of ${counted(total, "task")} will never run: ${neverRun.join(", ")}${more}`,
  );
  await session.note(`All of them: stint jobtask list ${jobId} -st active -lm 0`);
}

interface Failed {
  readonly jobId: string;
  readonly failed: number;
  readonly completed: number;
  readonly failures: readonly Task[];
}

async function tellFailures(session: Session, outcome: Failed): Promise<void> {
  const { jobId, failed, completed, failures } = outcome;
  const first = failures.length === 1 ? "the first" : `the first ${failures.length}`;
  const shown = failures.length < failed ? `, ${first} of them` : "";
  await session.note(`\n${failed} of ${counted(completed, "task")} failed${shown}:`);
  await session.note(boxTable(COLUMNS, failures, MESSAGE_COLUMNS_MAX));
  const [one] = failures;
  await session.note(`All of them: stint jobtask list ${jobId} -rs failure -lm 0`);
  if (one !== undefined) {
    await session.note(`What one wrote: stint jobtask log ${jobId} ${one.id} --stderr`);
  }
}
