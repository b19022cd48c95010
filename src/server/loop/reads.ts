import type { ReadAnswers, Reads, StoredJob } from "../../machine/loopCore.ts";
import { foldId, type JobNumber, TASKS_PER_JOB, taskNumberOf } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Store } from "../../store/store.ts";

/** The jobs of these folded ids that are in the store. */
export async function readJobs(store: Store, foldedIds: ReadonlySet<string>): Promise<StoredJob[]> {
  const jobs: StoredJob[] = [];
  for (const id of foldedIds) {
    const found = await store.readJob(id);
    if (found === null) continue;
    const { number, spec } = found.record;
    jobs.push({
      ...found,
      nodeJobs: await store.readNodeJobs(number),
      groupTasks: spec.groups === undefined ? [] : await readGroupTasks(store, number),
    });
  }
  return jobs;
}

/** All tasks of a job of groups: as many as its groups' counts say. */
async function readGroupTasks(store: Store, job: JobNumber): Promise<TaskRecord[]> {
  const [first, last] = [taskNumberOf(job, 0), taskNumberOf(job + 1, 0) - 1];
  return await store.readTaskRange(first, last, TASKS_PER_JOB);
}

/** Everything else that a batch needs to know from the store. */
export async function readAnswers(store: Store, reads: Reads): Promise<ReadAnswers> {
  const tasks = new Map<JobNumber, Map<string, TaskRecord>>();
  for (const [job, ids] of reads.tasks) {
    const found = await store.readTasks(job, [...ids]);
    tasks.set(job, new Map(found.map((task) => [foldId(task.id), task])));
  }
  const taskIds = new Map<JobNumber, ReadonlySet<string>>();
  for (const [job, ids] of reads.taskIds) {
    taskIds.set(job, await store.findTaskIds(job, [...ids]));
  }
  const ranges: TaskRecord[][] = [];
  for (const { first, last, limit } of reads.ranges) {
    ranges.push(await store.readTaskRange(first, last, limit));
  }
  const found = await store.readInstances([...reads.instances]);
  const instances = new Map(found.map((instance) => [instance.number, instance]));
  return { tasks, taskIds, ranges, instances };
}
