import type { GroupSpec } from "../../model/group.ts";
import { decideMigration } from "../../policy/migration.ts";
import { saveNode } from "../record.ts";
import { type Engine, type Job, type LiveTask, liveOf, type Node } from "../state.ts";
import { stopExecution } from "../taskEnd.ts";
import { allocationOf, describeStop, healthRuleOf } from "./allocation.ts";
import { isCanary, isLoneCanary } from "./canaries.ts";
import { groupExecutionsOn } from "./contactLoss.ts";
import { groupOf, groupOfVersion, groupsOf, isSystemType } from "./jobGroups.ts";
import { executionsOfTask } from "./wanted.ts";

const DRAINED = "alloc is being migrated";
const DRAIN_IS_OVER = "alloc is stopped as the deadline of its node's drain has passed";
const NODE_GOES = "alloc is moved as its node reboots or is removed";

export function watchDrain(engine: Engine, { record }: Node): void {
  const deadlineAt = record.drain?.deadlineAt ?? null;
  if (deadlineAt !== null) engine.timers.add(deadlineAt, { timer: "drain", node: record.number });
}

/** The drain may have come to its deadline, to its system jobs, or to its end. */
export function settleDrain(engine: Engine, node: Node): void {
  const { drain } = node.record;
  if (drain === undefined || drain === null) return;
  const left = groupExecutionsOn(engine, node);
  const [system, others] = [left.filter(isSystem), left.filter((live) => !isSystem(live))];
  const isOver = drain.deadlineAt !== null && engine.now >= drain.deadlineAt;
  if (isOver) for (const live of others) leave(engine, live, DRAIN_IS_OVER);
  if (!drain.ignoreSystemJobs && (isOver || others.length === 0)) {
    for (const live of system) leave(engine, live);
  }
  if (others.length > 0 || (system.length > 0 && !drain.ignoreSystemJobs)) return;
  node.record.drain = null;
  saveNode(engine, node);
}

/** A sysbatch job works to an end, as a batch job does: it may use the drain's time for that (Nomad). */
function isSystem({ job }: LiveTask): boolean {
  return job.record.spec.type === "system";
}

/** What never ends by itself goes elsewhere at once: no option of a reboot or removal could wait for it. */
export function moveEndless(engine: Engine, node: Node): void {
  for (const live of groupExecutionsOn(engine, node)) {
    const { type } = live.job.record.spec;
    if (type === "service" || type === "system") leave(engine, live, NODE_GOES);
  }
}

function leave(engine: Engine, live: LiveTask, why = DRAINED): void {
  if (live.execution.stopReason !== null) return;
  describeStop(engine, live, why);
  stopExecution(engine, live, "replaced");
}

/** Lets as many executions of the job leave draining nodes as each group's `migrate` allows, and all of its canaries. */
export function settleMigration(engine: Engine, job: Job): void {
  if (isSystemType(job) || job.record.state !== "active") return;
  for (const group of groupsOf(job).spec.groups) migrateGroup(engine, job, group);
  for (const task of groupsOf(job).live.tasks.values()) {
    const canaries = executionsOfTask(engine, task).filter(isCanary);
    for (const live of canaries) if (isDraining(live.node)) leave(engine, live);
  }
}

function migrateGroup(engine: Engine, job: Job, group: GroupSpec): void {
  const tasks = [...groupsOf(job).live.tasks.values()].filter(
    (task) =>
      groupOf(job, task) === group &&
      task.progress.state !== "completed" &&
      !isLoneCanary(job, task),
  );
  const executions = tasks.flatMap((task) => liveOf(engine, task) ?? []);
  const isToLeave = (live: LiveTask): boolean =>
    isDraining(live.node) && live.execution.stopReason === null;
  if (!executions.some(isToLeave)) return;
  const waiting = executions.filter(isToLeave);
  const decision = decideMigration({
    policy: group.migrate,
    isBatch: job.record.spec.type === "batch",
    waiting: waiting.length,
    // What is not healthy yet counts wherever it is, also where it has to leave again (Nomad).
    underWay: tasks.length - executions.filter(isSettled).length,
  });
  for (const live of waiting.slice(0, decision.now)) leave(engine, live);
}

function isDraining({ record }: Node): boolean {
  return record.drain !== undefined && record.drain !== null;
}

/** It runs, and healthily as far as anybody asks. */
function isSettled(live: LiveTask): boolean {
  if (live.execution.stopReason !== null) return false;
  const { state, version } = allocationOf(live);
  if (state?.status !== "running") return false;
  const group = groupOfVersion(live.job, live.task, version);
  const isAsked = group !== null && healthRuleOf(group) !== null;
  return isAsked ? state.health?.healthy === true : true;
}
