import { NOTHING_LOADED } from "../engine/apply.ts";
import type { Effect } from "../engine/effect.ts";
import type { Reply } from "../engine/input.ts";
import { forgetJob } from "../engine/jobEnding.ts";
import { admitJob } from "../engine/jobs.ts";
import { offerTasks, wantedRanges } from "../engine/place.ts";
import type { Engine } from "../engine/state.ts";
import { Uncommitted } from "../engine/uncommitted.ts";
import { instanceNamed } from "../fleet/apply.ts";
import type { Changes, JobProgress } from "../model/changes.ts";
import type { InstanceRecord } from "../model/fleet/instance.ts";
import { foldId, type JobNumber, type TaskNumber } from "../model/id.ts";
import type { JobRecord } from "../model/job.ts";
import { type NodeJobRecord, nodeJobKey } from "../model/nodeJob.ts";
import type { TaskRecord } from "../model/task.ts";
import type { MachineInput, MachineLoaded, ServerMachine } from "./machine.ts";
import { jobNamed, tasksNamed } from "./named.ts";

/** An input with whoever is told the reply. */
export interface Asked<Caller> {
  readonly input: MachineInput;
  readonly caller: Caller;
  /** That it was accepted is to be stored, also when it changes nothing. */
  readonly isRecorded?: boolean;
}

/** What a step left: its changes are one commit; replies and effects are released after it, in this order. */
export interface Batch<Caller> {
  readonly changes: Changes;
  /** False: nothing to write, but its replies still wait for the commits before it. */
  readonly isChange: boolean;
  readonly replies: readonly { readonly caller: Caller; readonly reply: Reply }[];
  readonly effects: readonly Effect[];
}

/** What the loop does next: releases what is durable, then begins the commit, if there is one. */
export interface Next<Caller> {
  readonly release: readonly Batch<Caller>[];
  readonly commit: Batch<Caller> | null;
}

/** A job that is in the store and not in memory. */
export interface StoredJob {
  readonly record: JobRecord;
  readonly progress: JobProgress;
  readonly nodeJobs: readonly NodeJobRecord[];
  /** Of a job of groups, all its tasks; empty for others. */
  readonly groupTasks: readonly TaskRecord[];
}

export interface TaskRange {
  readonly job: JobNumber;
  readonly first: TaskNumber;
  readonly last: TaskNumber;
  readonly limit: number;
}

/** What has to be read before the batch can be applied; folded ids by job. */
export interface Reads {
  /** For Store.readTasks. */
  readonly tasks: ReadonlyMap<JobNumber, ReadonlySet<string>>;
  /** For Store.findTaskIds. */
  readonly taskIds: ReadonlyMap<JobNumber, ReadonlySet<string>>;
  /** For Store.readInstances. */
  readonly instances: ReadonlySet<number>;
  /** For Store.readTaskRange: the read-ahead of queues. */
  readonly ranges: readonly TaskRange[];
}

/** Answers to Reads, under the same keys; tasks by job and folded id. */
export interface ReadAnswers {
  readonly tasks: ReadonlyMap<JobNumber, ReadonlyMap<string, TaskRecord>>;
  readonly taskIds: ReadonlyMap<JobNumber, ReadonlySet<string>>;
  readonly instances: ReadonlyMap<number, InstanceRecord>;
  /** In the order of Reads.ranges. */
  readonly ranges: readonly (readonly TaskRecord[])[];
}

interface Collecting<Caller> {
  readonly asked: readonly Asked<Caller>[];
  /** What was not committed when the reads began: they may or may not show it. */
  readonly layers: readonly Changes[];
  ranges: readonly TaskRange[];
}

/**
 * The order of things in the loop, without its waiting: collect inputs, read the jobs they name, read tasks, apply,
 * commit, release. One commit is in flight at a time, and one more batch may be applied behind it. The server's loop
 * and the simulator's both drive this.
 *
 * When a commit fails, or may have failed, this object and its engine are dropped, `waitingCallers` are told to try
 * again, and the engine is restored from the store.
 */
export class LoopCore<Caller> {
  readonly machine: ServerMachine;
  #collecting: Collecting<Caller> | null = null;
  #inFlight: Batch<Caller> | null = null;
  #behind: Batch<Caller> | null = null;
  /** Completed jobs in memory: they go when everything about them is committed. */
  readonly #completed = new Set<JobNumber>();

  constructor(machine: ServerMachine) {
    this.machine = machine;
  }

  get engine(): Engine {
    return this.machine.engine;
  }

  /** Whether a batch may be begun now. */
  get isReady(): boolean {
    return this.#collecting === null && this.#behind === null;
  }

  /** The batch that waits behind the commit in flight; null: none does. */
  get batchBehind(): Batch<Caller> | null {
    return this.#behind;
  }

  /** Whether everything that was applied is committed and nothing is being read. */
  get isQuiet(): boolean {
    return this.isReady && this.#inFlight === null;
  }

  /** Begins a batch; returns the folded ids of jobs to be read (Store.readJob and readNodeJobs). */
  collect(asked: readonly Asked<Caller>[]): Set<string> {
    if (!this.isReady) throw new Error("a batch was begun while another one could not be put away");
    const uncommitted = [this.#inFlight, this.#behind].flatMap((batch) => batch?.changes ?? []);
    this.#collecting = { asked, layers: uncommitted, ranges: [] };
    const wanted = new Set<string>();
    for (const { input } of asked) {
      const id = jobNamed(input);
      if (id !== null && !this.engine.jobsById.has(id)) wanted.add(id);
    }
    return wanted;
  }

  /** Takes the jobs that were found; returns the further reads. */
  admit(jobs: readonly StoredJob[]): Reads {
    const collecting = this.#mustCollect();
    const uncommitted = new Uncommitted(collecting.layers);
    for (const { record, progress, nodeJobs, groupTasks } of jobs) {
      if (uncommitted.newest((layer) => layer.jobs, record.number) === null) continue;
      if (this.engine.jobsById.has(foldId(record.spec.id))) continue;
      const latest = nodeJobs.map((nodeJob) => {
        const key = nodeJobKey(nodeJob.node, nodeJob.job);
        return { ...(uncommitted.newest((layer) => layer.nodeJobs, key) ?? nodeJob) };
      });
      const tasks = groupTasks.flatMap((task) => uncommitted.task(task) ?? []);
      admitJob(this.engine, record, progress, latest, tasks);
      this.#completed.add(record.number);
    }
    collecting.ranges = this.#takeRanges();
    return { ...this.#taskReads(collecting.asked), ranges: collecting.ranges };
  }

  #taskReads(asked: readonly Asked<Caller>[]): Omit<Reads, "ranges"> {
    const instances = new Set<number>();
    const tasks = new Map<JobNumber, Set<string>>();
    const taskIds = new Map<JobNumber, Set<string>>();
    for (const { input } of asked) {
      const instance = input.kind === "fleet" ? instanceNamed(input.request) : null;
      if (instance !== null) instances.add(instance);
      const job = this.#jobOf(input);
      if (job === null) continue;
      for (const task of tasksNamed(this.engine, input)) addTo(tasks, job, task);
      if (input.kind !== "addTasks") continue;
      for (const { id } of input.tasks) addTo(taskIds, job, foldId(id));
    }
    return { tasks, taskIds, instances };
  }

  #jobOf(input: MachineInput): JobNumber | null {
    const id = jobNamed(input);
    return id === null ? null : (this.engine.jobsById.get(id) ?? null);
  }

  #takeRanges(): TaskRange[] {
    const ranges: TaskRange[] = [];
    for (const number of this.engine.hungryJobs) {
      const job = this.engine.jobs.get(number);
      if (job === undefined) continue;
      for (const range of wantedRanges(this.engine, job)) ranges.push({ job: number, ...range });
    }
    this.engine.hungryJobs.clear();
    return ranges;
  }

  /** Applies the batch, with the tasks that were read. */
  apply(answers: ReadAnswers, wallClock: number): Next<Caller> {
    const { asked, layers, ranges } = this.#mustCollect();
    const { machine, engine } = this;
    this.#offer(ranges, answers, layers);
    machine.begin(wallClock);
    const uncommitted = new Uncommitted([...layers, engine.outcome.changes]);
    const replies = asked.map(({ input, caller }) => {
      const reply = machine.apply(input, this.#load(input, answers, uncommitted));
      return { caller, reply };
    });
    machine.end();
    const { changes, effects, isChange: hasChanged } = machine.take();
    const isChange =
      hasChanged || asked.some((one, at) => one.isRecorded === true && replies[at]?.reply.ok);
    this.#collecting = null;
    this.#noteCompleted(changes);
    return this.#putAway({ changes, isChange, replies, effects });
  }

  #offer(ranges: readonly TaskRange[], answers: ReadAnswers, layers: readonly Changes[]): void {
    const uncommitted = new Uncommitted(layers);
    for (const [index, range] of ranges.entries()) {
      const job = this.engine.jobs.get(range.job);
      const stored = answers.ranges[index] ?? [];
      if (job !== undefined) {
        offerTasks(this.engine, job, uncommitted.tasksOfRange(range, stored));
      }
    }
  }

  /** Just before the input is applied, so that it sees what the inputs before it did. */
  #load(input: MachineInput, answers: ReadAnswers, uncommitted: Uncommitted): MachineLoaded {
    const instance = this.#instanceOf(input, answers, uncommitted);
    const job = this.#jobOf(input);
    if (job === null) return { ...NOTHING_LOADED, instance };
    const tasks = new Map<string, TaskRecord>();
    for (const key of tasksNamed(this.engine, input)) {
      const task = uncommitted.taskOfId(job, key, answers.tasks.get(job)?.get(key));
      if (task !== null) tasks.set(key, task);
    }
    const existingIds = new Set<string>();
    if (input.kind === "addTasks") {
      const stored = answers.taskIds.get(job);
      for (const task of input.tasks) {
        const key = foldId(task.id);
        // An id whose deletion is not committed yet still counts: nobody was told that it is gone.
        if (stored?.has(key) === true || uncommitted.hasTaskId(job, key)) existingIds.add(key);
      }
    }
    return { tasks, existingIds, instance };
  }

  #instanceOf(
    input: MachineInput,
    { instances }: ReadAnswers,
    uncommitted: Uncommitted,
  ): InstanceRecord | null {
    const number = input.kind === "fleet" ? instanceNamed(input.request) : null;
    if (number === null) return null;
    const changed = uncommitted.newest((layer) => layer.fleet?.instances ?? NO_INSTANCES, number);
    return changed ?? instances.get(number) ?? null;
  }

  #noteCompleted(changes: Changes): void {
    for (const [number, record] of changes.jobs) {
      if (record?.state === "completed") this.#completed.add(number);
    }
  }

  #putAway(batch: Batch<Caller>): Next<Caller> {
    if (this.#inFlight !== null) {
      this.#behind = batch;
      return { release: [], commit: null };
    }
    if (batch.isChange) this.#inFlight = batch;
    this.#forgetCompleted();
    return batch.isChange ? { release: [], commit: batch } : { release: [batch], commit: null };
  }

  /** The commit that was in flight is durable. */
  committed(): Next<Caller> {
    const done = this.#inFlight;
    if (done === null) throw new Error("a commit ended that was not begun");
    const behind = this.#behind;
    this.#inFlight = behind?.isChange === true ? behind : null;
    this.#behind = null;
    this.#forgetCompleted();
    const release = behind === null || behind.isChange ? [done] : [done, behind];
    return { release, commit: this.#inFlight };
  }

  /** A batch that is being collected may name a job, so nothing is forgotten meanwhile. */
  #forgetCompleted(): void {
    if (this.#collecting !== null) return;
    for (const number of this.#completed) {
      const job = this.engine.jobs.get(number);
      const isTouched = [this.#inFlight, this.#behind].some(
        (batch) => batch?.changes.jobs.has(number) || batch?.changes.jobProgress.has(number),
      );
      if (isTouched) continue;
      this.#completed.delete(number);
      if (job?.record.state === "completed") forgetJob(this.engine, job);
    }
  }

  /** Whoever has no answer yet. */
  waitingCallers(): Caller[] {
    const batches = [this.#inFlight, this.#behind];
    const answered = batches.flatMap((batch) => batch?.replies.map(({ caller }) => caller) ?? []);
    return [...answered, ...(this.#collecting?.asked.map(({ caller }) => caller) ?? [])];
  }

  #mustCollect(): Collecting<Caller> {
    if (this.#collecting === null) throw new Error("no batch is being collected");
    return this.#collecting;
  }
}

const NO_INSTANCES: ReadonlyMap<number, InstanceRecord> = new Map();

function addTo(map: Map<JobNumber, Set<string>>, job: JobNumber, id: string): void {
  const ids = map.get(job) ?? new Set<string>();
  map.set(job, ids.add(id));
}
