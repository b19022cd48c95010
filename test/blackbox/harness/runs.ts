import { existsSync, readFileSync } from "node:fs";
import type { Client } from "../../../src/client/client.ts";
import type { Execution } from "../../../src/protocol/api/answer/execution.ts";
import type { Task } from "../../../src/protocol/api/answer/task.ts";
import { until } from "./until.ts";

/** A command that runs the text in a shell. */
export function shell(text: string): string {
  return `/bin/sh -c ${quoted(text)}`;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Text of a shell that notes this run of the task in a file that all tasks share. */
export function noteRun(file: string): string {
  // One short write with O_APPEND: lines of several processes do not mix.
  return `echo "$AZ_BATCH_TASK_ID" >> ${file}`;
}

/** How often each task ran, by id. */
export function readRuns(file: string): Map<string, number> {
  const runs = new Map<string, number>();
  if (!existsSync(file)) return runs;
  for (const id of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    runs.set(id, (runs.get(id) ?? 0) + 1);
  }
  return runs;
}

/** Text of a shell that waits until there is such a file; many shells should not look as often as one. */
export function waitForFile(file: string, everySeconds = 0.02): string {
  return `while [ ! -e ${file} ]; do sleep ${everySeconds}; done`;
}

/** Waits until so many tasks have noted a run. */
export async function untilRan(file: string, count: number): Promise<void> {
  const ran = () => readRuns(file).size;
  await until(`${count} tasks to run`, ran, (size) => size === count);
}

export async function readAll<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function readExecutions(client: Client, jobId: string): Promise<Execution[]> {
  return await readAll(client.executions.all({ jobId, limit: 1000 }));
}

export async function readTasks(client: Client, jobId: string): Promise<Task[]> {
  return await readAll(client.tasks.all(jobId, { limit: 1000 }));
}

/** All events, by their sequence number. */
export async function readEvents(client: Client) {
  const events = [];
  for (let after = 0; ; ) {
    const page = await client.events.list({ after, limit: 1000 });
    if (page.items.length === 0) return events;
    events.push(...page.items);
    after = page.after;
  }
}

/**
 * What is wrong with a job whose tasks are all completed, seen from outside: tasks that did not run, runs that no
 * execution stands for, executions without a start event, gaps in the sequence. Empty when all is well.
 */
export async function auditRuns(client: Client, jobId: string, runsFile: string) {
  const runs = readRuns(runsFile);
  const tasks = await readTasks(client, jobId);
  const events = await readEvents(client);
  const started = new Map<string, Set<unknown>>();
  const completed = new Map<string, number>();
  for (const { operationName, properties } of events) {
    if (properties["jobId"] !== jobId) continue;
    const id = String(properties["id"]);
    if (operationName === "TaskStartEvent") {
      started.set(id, (started.get(id) ?? new Set()).add(properties["systemTaskVersion"]));
    }
    if (operationName === "TaskCompleteEvent") completed.set(id, (completed.get(id) ?? 0) + 1);
  }
  const executions = Map.groupBy(await readExecutions(client, jobId), ({ taskId }) => taskId);
  const problems: string[] = [];
  for (const { id, state } of tasks) {
    const ran = runs.get(id) ?? 0;
    const tries = executions.get(id)?.length ?? 0;
    const starts = started.get(id)?.size ?? 0;
    if (state !== "completed") problems.push(`${id} is ${state}`);
    if (ran === 0) problems.push(`${id} never ran`);
    if (ran > tries) problems.push(`${id} ran ${ran} times in ${tries} executions`);
    if (starts !== tries) problems.push(`${id}: ${starts} start events, ${tries} executions`);
    if (completed.get(id) !== 1) problems.push(`${id}: ${completed.get(id)} complete events`);
  }
  const gap = events.findIndex(({ sequence }, index) => sequence !== index + 1);
  if (gap >= 0) problems.push(`event ${gap + 1} has number ${events[gap]?.sequence}`);
  return { problems, runs, tasks, executions };
}
