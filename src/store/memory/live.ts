import { taskNumberOf } from "../../model/id.ts";
import { emptyCounts, type JobRecord } from "../../model/job.ts";
import { emptyProgress, type NodeRecord } from "../../model/node.ts";
import type { TaskRecord } from "../../model/task.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import type { LiveState, QueuedRange, QueuedTasks } from "../store.ts";
import { isUntouched } from "../untouched.ts";
import { copy, type MemoryDisk, taskOf } from "./disk.ts";

export function readLiveState(disk: MemoryDisk): LiveState {
  const jobs = byNumber(disk.jobs).filter((job) => job.state !== "completed");
  const live = new Set(jobs.map((job) => job.number));
  return copy({
    counters: disk.counters,
    pools: byNumber(disk.pools),
    nodes: byNumber(disk.nodes).map((record) => withNodeProgress(disk, record)),
    jobs: jobs.map((record) => withJobProgress(disk, record)),
    nodeJobs: [...disk.nodeJobs.values()]
      .filter(({ job, node }) => live.has(job) && disk.nodes.has(node))
      .sort((a, b) => a.job - b.job || a.node - b.node),
    executions: byNumber(disk.executions)
      .filter(({ state }) => state !== "ended" && state !== "lost")
      .flatMap((record) => {
        const task = taskOf(disk, record.task);
        return task === undefined ? [] : [{ record, task }];
      }),
    removals: byNumber(disk.removals),
    fleet: disk.fleet.readLive(),
    queued: jobs
      .filter(({ spec }) => spec.groups === undefined)
      .map((job) => queueOf(disk, job))
      .filter(({ ranges, again }) => ranges.length > 0 || again.length > 0),
    groupTasks: jobs
      .filter(({ spec }) => spec.groups !== undefined)
      .flatMap(({ number }) =>
        byNumber(disk.tasks.get(number)?.byNumber ?? new Map<number, TaskRecord>()),
      ),
  });
}

export function withNodeProgress(disk: MemoryDisk, record: NodeRecord) {
  return { record, progress: disk.nodeProgress.get(record.number) ?? emptyProgress() };
}

export function withJobProgress(disk: MemoryDisk, record: JobRecord) {
  const none = { counts: emptyCounts(), firstActive: taskNumberOf(record.number, 1) };
  return { record, progress: disk.jobProgress.get(record.number) ?? none };
}

/** Values in the order of their numbers. */
export function byNumber<Value>(map: ReadonlyMap<number, Value>): Value[] {
  return [...map].sort(([a], [b]) => a - b).map(([, value]) => value);
}

function queueOf(disk: MemoryDisk, job: JobRecord): QueuedTasks {
  const { firstActive } = withJobProgress(disk, job).progress;
  const tasks = disk.tasks.get(job.number)?.byNumber ?? new Map<number, TaskRecord>();
  const ranges: QueuedRange[] = [];
  const again: TaskRecord[] = [];
  for (const task of byNumber(tasks)) {
    if (task.number < firstActive || task.progress.state !== "active") continue;
    if (job.spec.run === undefined && isUntouched(task, task.progress))
      addToRanges(ranges, task.number, slotsOf(task.spec));
    else again.push(task);
  }
  return { job: job.number, ranges, again };
}

function addToRanges(ranges: QueuedRange[], number: number, slots: number): void {
  const before = ranges.at(-1);
  if (before !== undefined && before.last + 1 === number && before.slots === slots) {
    ranges[ranges.length - 1] = { first: before.first, last: number, slots };
  } else ranges.push({ first: number, last: number, slots });
}
