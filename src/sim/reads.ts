import { copyTask, type TestStore } from "../engine/testStore.ts";
import type { ReadAnswers, Reads, StoredJob } from "../machine/loopCore.ts";
import type { InstanceRecord } from "../model/fleet/instance.ts";
import { foldId, type JobNumber } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";

/** The jobs of these folded ids that are in the store. */
export function readJobs(disk: TestStore, foldedIds: ReadonlySet<string>): StoredJob[] {
  const jobs: StoredJob[] = [];
  for (const id of foldedIds) {
    const record = disk.jobOfId(id);
    if (record === undefined) continue;
    const nodeJobs = [...disk.nodeJobs.values()].filter(({ job }) => job === record.number);
    const progress = disk.progressOf(record.number);
    const groupTasks = disk.groupTasksOf(record);
    jobs.push({ record: { ...record }, progress, nodeJobs, groupTasks });
  }
  return jobs;
}

export function readAnswers(disk: TestStore, reads: Reads): ReadAnswers {
  const tasks = new Map<JobNumber, Map<string, TaskRecord>>();
  for (const [job, ids] of reads.tasks) {
    const found = new Map<string, TaskRecord>();
    for (const id of ids) {
      const number = disk.tasks.get(job)?.byId.get(id);
      const task = number === undefined ? undefined : disk.task(number);
      if (task !== undefined) found.set(foldId(task.id), copyTask(task));
    }
    tasks.set(job, found);
  }
  const taskIds = new Map<JobNumber, Set<string>>();
  for (const [job, ids] of reads.taskIds) {
    const stored = disk.tasks.get(job)?.byId;
    taskIds.set(job, new Set([...ids].filter((id) => stored?.has(id) === true)));
  }
  const ranges = reads.ranges.map(({ job, first, last, limit }) => {
    const within: TaskRecord[] = [];
    for (const task of disk.tasks.get(job)?.byNumber.values() ?? []) {
      if (task.number >= first && task.number <= last && within.length < limit) {
        within.push(copyTask(task));
      }
    }
    return within;
  });
  const instances = new Map<number, InstanceRecord>();
  for (const number of reads.instances) {
    const instance = disk.fleet.instances.get(number);
    if (instance !== undefined) instances.set(number, instance);
  }
  return { tasks, taskIds, ranges, instances };
}
