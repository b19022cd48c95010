import type { AddTaskAnswer } from "../../engine/input.ts";
import type { Changes } from "../../model/changes.ts";
import type { ExecutionRecord, ExecutionState } from "../../model/execution.ts";
import { foldId, jobOfTask, type TaskNumber } from "../../model/id.ts";
import { emptyCounts, type JobCounts, type JobRecord } from "../../model/job.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import { nodeJobKey } from "../../model/nodeJob.ts";
import type { TaskProgress } from "../../model/task.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import type { World } from "../world.ts";
import { CanaryChecks } from "./canaryChecks.ts";
import { DeploymentChecks } from "./deploymentChecks.ts";
import { GroupStoreChecks } from "./groupStoreChecks.ts";
import { type Ledger, memberKey } from "./ledger.ts";
import { demand } from "./violation.ts";

/** Tasks of a job that is counted after every commit. */
const COUNTED_ALWAYS_MAX = 20;
const COUNT_LARGE_EVERY = 16;

type Verdict = "retry" | "requeue" | "other";

/** What must hold of the store: before a commit of what it changes, after it of what it then has. */
export class StoreChecks {
  readonly #world: World;
  readonly #ledger: Ledger;
  /** Executions under way, by task. */
  readonly #live = new Map<TaskNumber, number>();
  /** How many executions a task has had. */
  readonly #ordinals = new Map<TaskNumber, number>();
  readonly #groups: GroupStoreChecks;
  readonly #canaries: CanaryChecks;
  readonly #deployments: DeploymentChecks;
  #recounts = 0;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.#groups = new GroupStoreChecks(world, ledger);
    this.#canaries = new CanaryChecks(world);
    this.#deployments = new DeploymentChecks(world);
  }

  /** The caller was told that these tasks are accepted: then they are there. */
  accepted(jobId: string, answers: readonly AddTaskAnswer[]): void {
    const { disk } = this.#world;
    const { deletions } = this.#ledger;
    if (deletions.has(foldId(jobId))) return;
    const job = disk.jobOfId(foldId(jobId));
    const tasks = job === undefined ? undefined : disk.tasks.get(job.number);
    for (const answer of answers) {
      if (answer.status !== "success" || deletions.has(foldId(`${jobId}/${answer.id}`))) continue;
      demand(tasks?.byId.has(foldId(answer.id)) === true, "nothingLost", () => {
        return `task ${jobId}/${answer.id} was accepted and is not in the store`;
      });
    }
  }

  committing(changes: Changes): void {
    this.#checkSequence(changes);
    this.#checkDeletions(changes);
    for (const execution of changes.executions.values()) this.#checkResult(execution);
    const ended = this.#endedIn(changes);
    for (const [task, progress] of changes.tasks) {
      if (progress?.group !== undefined) continue;
      if (progress !== null) this.#checkCounters(changes, task, progress, ended.get(task) ?? []);
    }
    for (const record of changes.nodeJobs.values()) this.#checkRelease(record);
    for (const task of changes.newTasks) this.#checkNewId(changes, task.number, task.id);
  }

  #checkSequence(changes: Changes): void {
    let last = this.#world.disk.counters.event;
    for (const { sequence } of changes.events) {
      demand(sequence === last + 1, "eventSequence", () => `event ${sequence} follows ${last}`);
      last = sequence;
    }
    const counted = changes.counters?.event ?? last;
    demand(
      counted === last,
      "eventSequence",
      () => `the counter says ${counted} after event ${last}`,
    );
  }

  #checkDeletions(changes: Changes): void {
    const { disk } = this.#world;
    const { deletions } = this.#ledger;
    for (const number of changes.purgedJobs) {
      const id = disk.jobs.get(number)?.spec.id;
      // One that was made and deleted within the same commit was never there.
      if (id === undefined) continue;
      demand(
        deletions.has(foldId(id)),
        "nothingLost",
        () => `job ${id} goes and nobody deleted it`,
      );
    }
    for (const [number, progress] of changes.tasks) {
      const task = disk.task(number);
      if (progress !== null || task === undefined) continue;
      const id = `${disk.jobs.get(jobOfTask(number))?.spec.id}/${task.id}`;
      demand(
        deletions.has(foldId(id)),
        "nothingLost",
        () => `task ${id} goes and nobody deleted it`,
      );
    }
  }

  #checkNewId(changes: Changes, number: TaskNumber, id: string): void {
    const { disk } = this.#world;
    const owner = disk.tasks.get(jobOfTask(number))?.byId.get(foldId(id));
    const isFree = owner === undefined || changes.tasks.get(owner) === null;
    demand(isFree, "oneState", () => `a second task ${id} is added to its job`);
  }

  /** What the store says of an exit is what really happened. */
  #checkResult(execution: ExecutionRecord): void {
    const { number, result, state } = execution;
    const before = this.#world.disk.executions.get(number);
    demand(before === undefined || !isOver(before.state) || isOver(state), "oneState", () => {
      return `execution ${number} was ${before?.state} and is ${state}`;
    });
    if (execution.allocation !== undefined) {
      this.#checkProcesses(execution);
      return;
    }
    if (result?.outcome.state === "failedToStart") {
      demand(!this.#ledger.started.has(number), "trueResult", () => {
        return `execution ${number} is said never to have started; its process was started`;
      });
    }
    if (result?.outcome.state === "unseen") this.#checkUnseen(execution);
    if (result?.outcome.state !== "exited") return;
    const { exitCode } = result.outcome;
    const truth = this.#ledger.exits.get(number);
    const isTrue = truth?.state === "exited" && truth.exitCode === exitCode;
    demand(isTrue, "trueResult", () => {
      return `execution ${number} is said to have exited with ${exitCode}; it was ${JSON.stringify(truth)}`;
    });
  }

  /** What a node said of the last processes of a group's members is what happened. */
  #checkProcesses({ number, result }: ExecutionRecord): void {
    for (const { member, number: processNumber, outcome } of result?.processes ?? []) {
      if (outcome.state !== "exited") continue;
      const truth = this.#ledger.memberExits.get(memberKey(number, member, processNumber));
      const isTrue = truth?.state === "exited" && truth.exitCode === outcome.exitCode;
      demand(isTrue, "trueResult", () => {
        return `process ${processNumber} of ${member} in execution ${number} is said to have exited with ${outcome.exitCode}; it was ${JSON.stringify(truth)}`;
      });
    }
  }

  /** The end of a process is missed only when the shim that was its parent has died. */
  #checkUnseen({ number, nodes }: ExecutionRecord): void {
    const guid = this.#world.disk.nodes.get(nodes[0] ?? 0)?.guid;
    const ordered = this.#ledger.orders.get(number);
    if (guid === undefined || ordered === undefined) return;
    const diedAt = this.#ledger.shimDeaths.get(guid) ?? Number.NEGATIVE_INFINITY;
    demand(diedAt >= ordered.firstAt, "trueResult", () => {
      return `the end of execution ${number} was not seen, and no shim has died`;
    });
  }

  /** Executions that come to their end with this commit, by task. */
  #endedIn(changes: Changes): Map<TaskNumber, Verdict[]> {
    const ended = new Map<TaskNumber, Verdict[]>();
    for (const execution of changes.executions.values()) {
      const before = this.#world.disk.executions.get(execution.number);
      const wasOver = before !== undefined && isOver(before.state);
      if (wasOver || !isOver(execution.state)) continue;
      const verdicts = ended.get(execution.task) ?? [];
      ended.set(execution.task, [...verdicts, verdictOf(execution)]);
    }
    return ended;
  }

  /** Only a nonzero exit is a retry, within the limit; only what was taken away is a requeue. */
  #checkCounters(
    changes: Changes,
    number: TaskNumber,
    progress: TaskProgress,
    verdicts: readonly Verdict[],
  ): void {
    const { disk } = this.#world;
    const stored = disk.task(number);
    const before = stored?.progress;
    const retries = progress.retryCount - (before?.retryCount ?? 0);
    const requeues = progress.requeueCount - (before?.requeueCount ?? 0);
    const name = () => `task ${stored?.id ?? number}`;
    const failures = verdicts.filter((verdict) => verdict === "retry").length;
    const taken = verdicts.filter((verdict) => verdict === "requeue").length;
    demand(retries <= failures, "retryPolicy", () => {
      return `${name()} counts ${retries} more retries after ${failures} failures`;
    });
    const isCounted = progress.state === "completed" || this.#wasReactivated(number);
    demand(isCounted || retries >= failures, "retryPolicy", () => {
      return `${name()} goes on after ${failures} failures and counts ${retries} more retries`;
    });
    demand(requeues >= 0 && requeues <= taken, "requeueCount", () => {
      return `${name()} counts ${requeues} more requeues after ${taken} executions were taken away`;
    });
    demand(progress.systemTaskVersion >= (before?.systemTaskVersion ?? 0), "version", () => {
      return `${name()} goes back to version ${progress.systemTaskVersion}`;
    });
    if (retries > 0) this.#checkLimit(changes, number, progress.retryCount);
    demand((progress.state === "completed") === (progress.outcome !== null), "oneState", () => {
      return `${name()} is ${progress.state} with outcome ${JSON.stringify(progress.outcome)}`;
    });
  }

  #wasReactivated(number: TaskNumber): boolean {
    const { disk } = this.#world;
    const id = `${disk.jobs.get(jobOfTask(number))?.spec.id}/${disk.task(number)?.id}`;
    return this.#ledger.reactivations.has(foldId(id));
  }

  #checkLimit(changes: Changes, number: TaskNumber, retryCount: number): void {
    const { disk } = this.#world;
    const job = jobOfTask(number);
    const task = disk.task(number) ?? changes.newTasks.find((added) => added.number === number);
    const jobs = [disk.jobs.get(job), changes.jobs.get(job)];
    const limits = [task?.spec, changes.taskSpecs.get(number)].flatMap((spec) =>
      jobs.map((record) => spec?.maxTaskRetryCount ?? record?.spec.maxTaskRetryCount ?? 0),
    );
    const most = limits.some((limit) => limit < 0) ? Number.POSITIVE_INFINITY : Math.max(...limits);
    demand(retryCount <= most, "retryPolicy", () => {
      return `task ${task?.id} was retried ${retryCount} times; at most ${most} are allowed`;
    });
  }

  #checkRelease(record: NodeJobRecord): void {
    const before = this.#world.disk.nodeJobs.get(nodeJobKey(record.node, record.job))?.release;
    if (before?.state !== "completed") return;
    demand(record.release?.execution === before.execution, "releaseOnce", () => {
      return `a release of job ${record.job} on ${record.nodeId} follows one that is over`;
    });
  }

  committed(changes: Changes): void {
    this.#groups.committed(changes);
    this.#canaries.committed(changes);
    this.#deployments.committed(changes);
    for (const execution of changes.executions.values()) this.#noteEnd(execution);
    for (const execution of changes.executions.values()) this.#noteExecution(execution);
    for (const [number, progress] of changes.tasks) {
      if (progress?.group !== undefined) continue;
      if (progress !== null) this.#checkState(number, progress);
      else this.#live.delete(number);
    }
    for (const [number, record] of changes.jobs) {
      if (record?.state === "completed") this.#checkCompleted(record);
      if (record !== null) this.#checkCounts(number);
    }
    for (const number of changes.jobProgress.keys()) this.#checkCounts(number);
    for (const number of changes.purgedJobs) {
      for (const task of this.#live.keys()) if (jobOfTask(task) === number) this.#live.delete(task);
    }
    this.#checkSlots();
  }

  #noteEnd(execution: ExecutionRecord): void {
    if (isOver(execution.state) && this.#live.get(execution.task) === execution.number) {
      this.#live.delete(execution.task);
    }
  }

  #noteExecution(execution: ExecutionRecord): void {
    const { number, task, ordinal, state, allocation } = execution;
    if (!this.#world.disk.executions.has(number)) return;
    const known = this.#ordinals.get(task) ?? 0;
    // Reruns of a script are numbered, also those that were never sent (FleetChecks).
    const isTarget = this.#world.disk.task(task)?.spec.target !== undefined;
    demand(ordinal <= known + 1 || isTarget, "version", () => {
      return `execution ${number} is number ${ordinal} of a task that had ${known}`;
    });
    this.#ordinals.set(task, Math.max(known, ordinal));
    if (isOver(state) || allocation !== undefined) return;
    const current = this.#live.get(task) ?? number;
    demand(current === number, "oneCurrentExecution", () => {
      return `executions ${current} and ${number} of one task are both under way`;
    });
    this.#live.set(task, number);
  }

  #checkState(number: TaskNumber, progress: TaskProgress): void {
    const live = this.#live.get(number);
    const isRunning = progress.state === "running" || progress.state === "preparing";
    demand(isRunning === (live !== undefined), "oneState", () => {
      return `task ${number} is ${progress.state}; execution under way: ${live ?? "none"}`;
    });
    demand(!isRunning || progress.execution === live, "oneCurrentExecution", () => {
      return `task ${number} names execution ${progress.execution}; ${live} is under way`;
    });
  }

  #checkCounts(number: number): void {
    const { disk } = this.#world;
    const stored = disk.jobProgress.get(number);
    if (stored === undefined) return;
    // Large jobs are counted now and then: each count looks at all of their tasks.
    this.#recounts += 1;
    const size = disk.tasks.get(number)?.byNumber.size ?? 0;
    if (size > COUNTED_ALWAYS_MAX && this.#recounts % COUNT_LARGE_EVERY !== 0) return;
    const counts = emptyCounts();
    const jobState = disk.jobs.get(number)?.state;
    // What is active when a job ends stays so, and is never looked for again.
    const isOfTasks = disk.jobs.get(number)?.spec.groups === undefined;
    const isLive = isOfTasks && jobState !== "completed" && jobState !== "deleting";
    for (const task of disk.tasks.get(number)?.byNumber.values() ?? []) {
      const { state, outcome } = task.progress;
      count(
        counts,
        state === "completed" ? (outcome?.result ?? "failure") : state,
        slotsOf(task.spec),
      );
      const isBelow = isLive && state === "active" && task.number < stored.firstActive;
      demand(!isBelow, "counts", () => `task ${task.id} is active below ${stored.firstActive}`);
    }
    demand(JSON.stringify(counts) === JSON.stringify(stored.counts), "counts", () => {
      return `job ${number} counts ${JSON.stringify(stored.counts)}, expected ${JSON.stringify(counts)}`;
    });
  }

  /** A completed job has nothing under way and has released every node that owed it. */
  #checkCompleted(job: JobRecord): void {
    const { disk } = this.#world;
    for (const task of this.#live.keys()) {
      demand(jobOfTask(task) !== job.number, "jobEnd", () => {
        return `job ${job.spec.id} is completed while task ${task} is under way`;
      });
    }
    for (const record of disk.nodeJobs.values()) {
      if (record.job !== job.number || !disk.nodes.has(record.node)) continue;
      const owes =
        job.spec.release !== null &&
        record.preparation?.state === "completed" &&
        this.#ledger.ran.has(nodeJobKey(record.node, record.job));
      demand(!owes || record.release?.state === "completed", "releaseOwed", () => {
        return `job ${job.spec.id} is completed and node ${record.nodeId} was not released`;
      });
    }
  }

  #checkSlots(): void {
    const { disk } = this.#world;
    const used = new Map<number, number>();
    for (const [task, number] of this.#live) {
      const node = disk.executions.get(number)?.nodes[0];
      const spec = disk.task(task)?.spec;
      if (node === undefined || spec === undefined) continue;
      used.set(node, (used.get(node) ?? 0) + slotsOf(spec));
    }
    for (const [node, slots] of used) {
      const offered = disk.nodes.get(node)?.slots ?? 0;
      demand(
        slots <= offered,
        "slots",
        () => `executions on node ${node} use ${slots} of ${offered} slots`,
      );
    }
  }
}

function isOver(state: ExecutionState): boolean {
  return state === "ended" || state === "lost";
}

function verdictOf({ result, stopReason, state }: ExecutionRecord): Verdict {
  if (stopReason === "requeued" || stopReason === "superseded") return "requeue";
  if (stopReason !== null || state === "lost") return "other";
  const outcome = result?.outcome;
  if (outcome === undefined) return "requeue";
  if (outcome.state === "exited") return outcome.exitCode === 0 ? "other" : "retry";
  return outcome.state === "killed" && outcome.reason === null ? "retry" : "other";
}

function count(
  counts: JobCounts,
  state: "active" | "preparing" | "running" | "success" | "failure",
  slots: number,
): void {
  switch (state) {
    case "active":
      counts.active += 1;
      counts.activeSlots += slots;
      return;
    case "preparing":
    case "running":
      counts.running += 1;
      counts.runningSlots += slots;
      return;
    case "success":
      counts.succeeded += 1;
      counts.succeededSlots += slots;
      return;
    case "failure":
      counts.failed += 1;
      counts.failedSlots += slots;
      return;
  }
}
