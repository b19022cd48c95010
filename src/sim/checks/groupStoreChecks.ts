import type { Changes } from "../../model/changes.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { GroupProgress } from "../../model/groupJob.ts";
import type { ReschedulePolicy } from "../../model/groupPolicy.ts";
import { foldId, jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { World } from "../world.ts";
import type { Ledger } from "./ledger.ts";
import { demand } from "./violation.ts";

const UPDATED = "alloc is being updated due to job update";
const MIGRATED = "alloc is being migrated";

/** What must hold of groups in the store, after each commit. */
export class GroupStoreChecks {
  readonly #world: World;
  readonly #ledger: Ledger;
  /** Executions under way, by task. */
  readonly #live = new Map<TaskNumber, Map<number, ExecutionRecord>>();
  /** The last execution of each task, and of the canary beside it, by lineKey. */
  readonly #latest = new Map<string, number>();
  /** When these were rescheduled, since their present version or their last new beginning. */
  readonly #rescheduled = new Map<string, { version: number; times: number[] }>();
  /** Ids of deployments that are known to have come to a good end. */
  readonly #successful = new Set<string>();
  /** As they were when they were last seen. */
  readonly #seen = new Map<number, ExecutionRecord>();
  /** Versions of jobs at the commit before. */
  readonly #versions = new Map<number, number>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  committed(changes: Changes): void {
    for (const number of changes.purgedJobs) this.#forget(number);
    const executions = [...changes.executions.values()].filter(({ allocation, number }) => {
      return allocation !== undefined && this.#world.disk.executions.has(number);
    });
    for (const execution of executions) this.#note(execution);
    for (const [number, progress] of changes.tasks) {
      if (progress?.state === "completed") this.#endLine(number);
      if (progress?.group?.canary === null) this.#endCanary(number, progress.execution);
    }
    const touched = new Set(executions.map(({ task }) => task));
    for (const [number, progress] of changes.tasks) if (progress?.group) touched.add(number);
    for (const task of touched) this.#checkLive(task);
    for (const execution of executions) this.#checkMove(execution);
    for (const execution of executions) this.#checkHealth(execution);
    for (const execution of executions) this.#seen.set(execution.number, execution);
    for (const job of changes.jobs.values()) {
      if (!job?.groups) continue;
      this.#checkDeployment(job);
      this.#versions.set(job.number, job.groups.version);
    }
  }

  #forget(job: number): void {
    for (const task of this.#live.keys()) if (jobOfTask(task) === job) this.#live.delete(task);
  }

  /** What follows is a new beginning; one of a job that was stopped follows nothing. */
  #endLine(task: TaskNumber): void {
    const line = lineKey(task, false);
    this.#rescheduled.delete(line);
    if (this.#world.disk.jobs.get(jobOfTask(task))?.state !== "active") this.#latest.delete(line);
  }

  /** It has become what its task runs, or it is no more. */
  #endCanary(task: TaskNumber, current: number | null): void {
    const canary = lineKey(task, true);
    const latest = this.#latest.get(canary);
    const past = this.#rescheduled.get(canary);
    this.#latest.delete(canary);
    this.#rescheduled.delete(canary);
    if (latest === undefined || latest !== current) return;
    this.#latest.set(lineKey(task, false), latest);
    if (past === undefined) this.#rescheduled.delete(lineKey(task, false));
    else this.#rescheduled.set(lineKey(task, false), past);
  }

  #note(execution: ExecutionRecord): void {
    const live = this.#live.get(execution.task) ?? new Map<number, ExecutionRecord>();
    this.#live.set(execution.task, live);
    if (execution.state === "ended" || execution.state === "lost") live.delete(execution.number);
    else live.set(execution.number, execution);
    if (!this.#seen.has(execution.number)) this.#checkNew(execution);
  }

  #checkLive(number: TaskNumber): void {
    const task = this.#world.disk.task(number);
    if (task?.progress.group === undefined) return;
    const { execution, group, state } = task.progress;
    const live = [...(this.#live.get(number)?.values() ?? [])];
    for (const one of live) {
      const isDeclared = [execution, group.original, runningCanary(group)].includes(one.number);
      demand(one.stopReason !== null || isDeclared, "oneCurrentExecution", () => {
        return `execution ${one.number} of task ${task.id} lives on beside ${execution}, and nobody declared it`;
      });
    }
    const isRunning = state === "running" || state === "preparing";
    const isLive = live.some((one) => one.number === execution);
    demand(!isRunning || isLive, "oneState", () => `task ${task.id} is ${state}, and nothing runs`);
    const canary = runningCanary(group);
    const isThere = canary === null || live.some(({ number: its }) => its === canary);
    demand(isThere, "oneState", () => `the canary ${canary} of task ${task.id} does not run`);
  }

  /** Whether the execution takes the place of one that failed by itself, and whether it may. */
  #checkNew(execution: ExecutionRecord): void {
    const { disk } = this.#world;
    const task = disk.task(execution.task);
    const job = disk.jobs.get(execution.job);
    const isBeside = task?.progress.group?.canary?.execution === execution.number;
    const line = lineKey(execution.task, isBeside);
    const previous = disk.executions.get(this.#latest.get(line) ?? 0);
    this.#latest.set(line, execution.number);
    if (task === undefined || job === undefined || previous?.allocation === undefined) return;
    const version = execution.allocation?.version ?? 0;
    if (!hasFailed(previous) || previous.allocation.version !== version) return;
    if (this.#isReactivated(job, task)) return;
    const { type } = job.spec;
    // A machine that is gone may have a successor of its name.
    if (isPerNode(job) && execution.nodes[0] !== previous.nodes[0]) return;
    demand(type !== "system" && type !== "sysbatch", "neverRescheduled", () => {
      return `execution ${execution.number} of ${type} task ${task.id} follows ${previous.number}, which failed`;
    });
    const group = groupOf(job, task, version);
    if (group !== null) this.#checkReschedule(execution, previous, { task, line }, group);
  }

  #isReactivated(job: JobRecord, task: TaskRecord): boolean {
    return this.#ledger.reactivations.has(foldId(`${job.spec.id}/${task.id}`));
  }

  #checkReschedule(
    execution: ExecutionRecord,
    previous: ExecutionRecord,
    { task, line }: { readonly task: TaskRecord; readonly line: string },
    { reschedule }: GroupSpec,
  ): void {
    const version = execution.allocation?.version ?? 0;
    const known = this.#rescheduled.get(line);
    const past = known?.version === version ? known : { version, times: [] };
    const { times } = past;
    demand(isAllowed(reschedule), "reschedulePolicy", () => {
      return `task ${task.id} was rescheduled, and its policy has no attempts`;
    });
    // With clocks that jump nobody can say when it failed.
    if (reschedule !== null && !reschedule.unlimited && this.#world.faults.nodeClockStepMs === 0) {
      const failedAt = previous.endedAt ?? execution.assignedAt;
      const used = times.filter((at) => failedAt - at < reschedule.intervalMs).length;
      demand(used < reschedule.attempts, "reschedulePolicy", () => {
        return `task ${task.id} was rescheduled ${used + 1} times in ${reschedule.intervalMs} ms; ${reschedule.attempts} are allowed`;
      });
    }
    this.#rescheduled.set(line, { version, times: [...times, execution.assignedAt] });
  }

  /** What is told to move, for a new version or off a node, is as many at a time as its policy allows. */
  #checkMove(execution: ExecutionRecord): void {
    const { description = "", version = 0 } = execution.allocation ?? {};
    const before = this.#seen.get(execution.number);
    if (before?.stopReason !== null || execution.stopReason !== "replaced") return;
    const job = this.#world.disk.jobs.get(execution.job);
    const task = this.#world.disk.task(execution.task);
    if (job === undefined || task === undefined) return;
    const present = job.groups?.version ?? 0;
    const group = groupOf(job, task, present);
    if (group === null) return;
    const name = task.spec.place?.group ?? "";
    // Of several versions in one commit nobody can say by whose policy it was told to move.
    const isNext = present <= (this.#versions.get(execution.job) ?? 0) + 1;
    if (description === UPDATED && group.update !== null && version !== present && isNext) {
      this.#checkParallel(job, name, group.update.maxParallel, UPDATED, "update");
    }
    const drain = this.#world.disk.nodes.get(execution.nodes[0] ?? 0)?.drain ?? null;
    if (description !== MIGRATED || group.migrate === null || drain === null) return;
    this.#checkParallel(job, name, group.migrate.maxParallel, MIGRATED, "migrate");
  }

  #checkParallel(job: JobRecord, group: string, most: number, why: string, what: string): void {
    if (most === 0) return;
    const tasks = [...(this.#world.disk.tasks.get(job.number)?.byNumber.values() ?? [])];
    const moving = tasks.filter(
      (task) => task.spec.place?.group === group && this.#isMoving(job, task, why),
    );
    demand(moving.length <= most, "maxParallel", () => {
      return `${moving.map(({ id }) => id).join(", ")} move at the same time; ${what}.max_parallel is ${most}`;
    });
  }

  /** It was told to move, and is not healthy elsewhere yet. */
  #isMoving(job: JobRecord, task: TaskRecord, why: string): boolean {
    const { groups } = job;
    const { executions } = this.#world.disk;
    if (task.progress.state === "completed") return false;
    const current = executions.get(task.progress.execution ?? 0);
    // Canaries that have not been promoted move as they like: nobody depends on them.
    if (current?.allocation === undefined || current.allocation.canary) return false;
    if (current.stopReason === "replaced") return current.allocation.description === why;
    const isOver = current.state === "ended" || current.state === "lost";
    if (isOver || current.allocation.version !== groups?.version) return false;
    const previous = executions.get(current.allocation.previous ?? 0);
    const { state } = current.allocation;
    // Nobody asks for the health of system tasks; one that ran may be starting again by the end of the same step.
    const isHealthy = isPerNode(job)
      ? this.#ledger.firstStarts.has(current.number)
      : state?.health?.healthy === true;
    return previous?.allocation?.description === why && !isHealthy;
  }

  /** It counts as healthy no sooner than it has run for as long as its policy says. */
  #checkHealth({ number, job, task, allocation }: ExecutionRecord): void {
    const isHealthy = allocation?.state?.health?.healthy === true;
    const wasHealthy = this.#seen.get(number)?.allocation?.state?.health?.healthy === true;
    const { disk, agenda, faults } = this.#world;
    const [record, its] = [disk.jobs.get(job), disk.task(task)];
    // Clocks that jump shorten every time on them.
    if (!isHealthy || wasHealthy || record === undefined || its === undefined) return;
    if (faults.nodeClockStepMs > 0) return;
    const group = groupOf(record, its, allocation.version);
    const leastMs = (group?.update ?? group?.migrate)?.minHealthyTimeMs ?? 0;
    const ranMs = agenda.now - (this.#ledger.firstStarts.get(number) ?? agenda.now);
    demand(ranMs >= leastMs, "healthTrue", () => {
      return `execution ${number} is said to be healthy after ${ranMs} ms; ${leastMs} are asked`;
    });
  }

  /** A deployment is successful when everything of its version has become healthy. */
  #checkDeployment(job: JobRecord): void {
    const { deployment, version } = job.groups ?? {};
    if (deployment?.status !== "successful" || deployment.version !== version) return;
    if (this.#successful.has(deployment.id)) return;
    this.#successful.add(deployment.id);
    for (const task of this.#world.disk.tasks.get(job.number)?.byNumber.values() ?? []) {
      const group = groupOf(job, task, version);
      const isWanted = (task.spec.place?.index ?? 0) < (group?.count ?? 0);
      if (group?.update == null || !isWanted) continue;
      demand(this.#wasHealthy(task), "deploymentHealth", () => {
        return `deployment ${deployment.id} of ${job.spec.id} is successful; ${task.id} has not become healthy`;
      });
    }
  }

  #wasHealthy(task: TaskRecord): boolean {
    const { executions } = this.#world.disk;
    const current = executions.get(task.progress.execution ?? 0);
    const previous = executions.get(current?.allocation?.previous ?? 0);
    return [current, previous].some((one) => one?.allocation?.state?.health?.healthy === true);
  }
}

/** A canary beside a task has a history of its own. */
function lineKey(task: TaskNumber, isCanary: boolean): string {
  return `${task}${isCanary ? "*" : ""}`;
}

function runningCanary({ canary }: GroupProgress): number | null {
  return canary?.state === "running" ? canary.execution : null;
}

function isPerNode({ spec }: JobRecord): boolean {
  return spec.type === "system" || spec.type === "sysbatch";
}

function isAllowed(policy: ReschedulePolicy | null): boolean {
  return policy !== null && (policy.unlimited || policy.attempts > 0);
}

/** It failed by itself, and the node said so. */
function hasFailed({ state, stopReason, result, allocation }: ExecutionRecord): boolean {
  if (state !== "ended" || stopReason !== null || result === null) return false;
  return result.outcome.state !== "unseen" && allocation?.state?.status === "failed";
}

function groupOf(job: JobRecord, task: TaskRecord, version: number): GroupSpec | null {
  const spec =
    job.groups?.version === version
      ? job.spec
      : job.groups?.history.find((earlier) => earlier.version === version)?.spec;
  const name = task.spec.place?.group;
  return spec?.groups?.groups.find((group) => group.name === name) ?? null;
}
