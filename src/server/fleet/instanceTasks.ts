import type { ExecutionRecord } from "../../model/execution.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import { foldId, TASKS_PER_JOB, taskNumberOf } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { ServerContext } from "../routes/context.ts";
import { refuse } from "../routes/refusal.ts";

export async function findInstance(
  context: ServerContext,
  number: string,
): Promise<InstanceRecord> {
  const wanted = /^[1-9]\d{0,14}$/.test(number) ? Number(number) : 0;
  const [found] = wanted === 0 ? [] : await context.store.readInstances([wanted]);
  if (found !== undefined) return found;
  throw refuse(
    "InstanceNotFound",
    `There is no task instance #${number}.`,
    "See them with GET /api/v1/instances.",
  );
}

/** The nodes of an instance, by their ids as they were when it began. */
export async function nodesOf(
  { store }: ServerContext,
  { job }: InstanceRecord,
): Promise<TaskRecord[]> {
  const [first, last] = [taskNumberOf(job, 0), taskNumberOf(job + 1, 0) - 1];
  const tasks = await store.readTaskRange(first, last, TASKS_PER_JOB);
  return tasks.sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

function idOf({ spec }: TaskRecord): string {
  return spec.target?.nodeId ?? "";
}

/** By the node's id as it was then, or as it is now. */
export async function findNodeOf(
  context: ServerContext,
  instance: InstanceRecord,
  nodeId: string,
): Promise<TaskRecord> {
  const tasks = await nodesOf(context, instance);
  const key = foldId(nodeId);
  const present = context.live.findNode(key)?.record.number;
  const found =
    tasks.find((task) => foldId(idOf(task)) === key) ??
    tasks.find(({ spec }) => present !== undefined && spec.target?.node === present);
  if (found !== undefined) return found;
  throw refuse(
    "NotATarget",
    `Node ${nodeId} was no target of task instance #${instance.number}.`,
    `See its nodes with GET /api/v1/instances/${instance.number}/nodes.`,
  );
}

/** The execution of a number; null: the script was not sent under it. */
export async function executionOf(
  { store }: ServerContext,
  task: TaskRecord,
  execNo: number,
): Promise<ExecutionRecord | null> {
  let cursor: string | null = null;
  do {
    const page = { limit: 100, cursor, order: "descending" } as const;
    const found = await store.listExecutions({ task: task.number }, page);
    const execution = found.items.find(({ ordinal }) => ordinal === execNo);
    if (execution !== undefined) return execution;
    cursor = found.cursor;
  } while (cursor !== null);
  return null;
}
