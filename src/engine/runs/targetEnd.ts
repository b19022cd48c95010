import { jobOfTask } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { decideNotSent, type NotSent } from "../../policy/fleetEnd.ts";
import { type Engine, type Job, mustHave, type Node, touchJob } from "../state.ts";
import { complete } from "../taskEnd.ts";
import { letGo } from "./held.ts";
import { noteTargetEnd, stopWaitingForNode } from "./nodeTargets.ts";

/** Ends a target that waits, without its script having been sent. */
export function endUnsent(engine: Engine, job: Job, task: TaskRecord, notSent: NotSent): void {
  const wasHeld = task.progress.held;
  letGo(engine, job, task);
  stopWaitingForNode(engine, job, task);
  job.counts.active -= 1;
  noteTargetEnd(engine, job, { hasFailed: true, wasHeld });
  complete(engine, { job, task, slots: 0 }, decideNotSent(notSent), engine.now);
  touchJob(engine, job);
}

/** All targets of the run that still wait, for their nodes or to be released. */
export function endAllUnsent(engine: Engine, job: Job, notSent: NotSent): void {
  if (job.run === null) return;
  const unsent = [...job.run.waiting.values(), ...job.run.held.values()];
  for (const task of unsent) endUnsent(engine, job, task, notSent);
}

/** The node was disabled or removed: nothing more is sent to it. */
export function nodeTakesNoScripts(engine: Engine, node: Node, why: "disabled" | "removed"): void {
  for (const number of [...node.targets.waiting]) {
    const job = mustHave(engine.jobs, jobOfTask(number), "job");
    const task = mustHave(job.run?.waiting ?? new Map(), number, "waiting target");
    endUnsent(engine, job, task, { why });
  }
}
