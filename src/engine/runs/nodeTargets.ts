import type { JobNumber, TaskNumber } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Engine, Job, Node } from "../state.ts";

/** What fleet runs have to do with one node. */
export interface NodeTargets {
  /** Tasks that wait for it, in the order in which they became ready. */
  readonly waiting: Set<TaskNumber>;
  /** Executions that have not ended. */
  running: number;
}

export function newNodeTargets(): NodeTargets {
  return { waiting: new Set(), running: 0 };
}

/** What a fleet job has in memory. */
export interface JobRun {
  /** Its tasks that wait for their nodes. */
  readonly waiting: Map<TaskNumber, TaskRecord>;
  /** Those that have to be released before they wait for their nodes. */
  readonly held: Map<TaskNumber, TaskRecord>;
  /** When its next timer fires; null: none is pending. */
  wakesAt: number | null;
}

/** A target of a run that goes on has ended. */
export interface TargetEnd {
  readonly job: JobNumber;
  readonly hasFailed: boolean;
  /** It had not been released. */
  readonly wasHeld: boolean;
}

export function newJobRun(): JobRun {
  return { waiting: new Map(), held: new Map(), wakesAt: null };
}

/** Whether scripts may be sent to it now. Draining and disabled scheduling are of other kinds of work (DESIGN 1). */
export function takesScripts({ record }: Node): boolean {
  return (
    record.life === "joined" &&
    record.contact === "connected" &&
    record.fleetStatus === "enable" &&
    !record.orderIssued
  );
}

/** The task waits for its node; null: that node is not there any more. */
export function waitForNode(engine: Engine, job: Job, task: TaskRecord): Node | null {
  const node = nodeOf(engine, task);
  if (node === null) return null;
  job.run?.waiting.set(task.number, task);
  node.targets.waiting.add(task.number);
  engine.runNodes.add(node.record.number);
  return node;
}

/** It waits no longer. */
export function stopWaitingForNode(engine: Engine, job: Job, task: TaskRecord): void {
  job.run?.waiting.delete(task.number);
  nodeOf(engine, task)?.targets.waiting.delete(task.number);
}

function nodeOf(engine: Engine, { spec }: TaskRecord): Node | null {
  return spec.target === undefined ? null : (engine.nodes.get(spec.target.node) ?? null);
}

/** The end of a target, for fleet operations; those of a run that is on its way down are counted when it is over. */
export function noteTargetEnd(engine: Engine, { record }: Job, how: Omit<TargetEnd, "job">): void {
  if (record.state === "active") engine.endedTargets.push({ job: record.number, ...how });
}

/** When the script of a target that waits may not be begun with any more, in engine time. */
export function startBeforeOf(job: Job, { progress }: TaskRecord): number {
  return progress.stateAt + (job.record.spec.run?.startWithinMs ?? 0);
}
