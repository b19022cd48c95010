import type { Effect } from "../engine/effect.ts";
import { describeStop } from "../engine/groups/allocation.ts";
import { groupsOf, isSystemType, setGroupsRecord } from "../engine/groups/jobGroups.ts";
import { isKept } from "../engine/groups/kept.ts";
import { revive } from "../engine/groups/wanted.ts";
import { freeForGroup } from "../engine/nodeIndex.ts";
import type { Engine, LiveTask } from "../engine/state.ts";
import { stopExecution } from "../engine/taskEnd.ts";
import type { Batch } from "../machine/loopCore.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import type { DeploymentGroup, DeploymentStatus } from "../model/groupJob.ts";
import type { TaskProgress } from "../model/task.ts";
import type { NodeReport } from "../protocol/node/message.ts";
import type { Mutant } from "./mutants.ts";

const UNLIMITED = 1_000;

/** The node is told of another policy than the job has. */
function withoutLimit(effect: Effect): Effect {
  if (effect.effect !== "start" || effect.order.allocation === undefined) return effect;
  const { allocation } = effect.order;
  const members = allocation.group.members.map((member) => {
    const restart = { ...member.restart, attempts: UNLIMITED, mode: "fail" as const };
    return { ...member, restart };
  });
  const group = { ...allocation.group, members };
  return { ...effect, order: { ...effect.order, allocation: { ...allocation, group } } };
}

function forgetHistory({ changes }: Batch<unknown>, engine: Engine): void {
  const forget = (progress: TaskProgress | null): void => {
    if (progress?.group === undefined) return;
    progress.group = { ...progress.group, rescheduled: [] };
  };
  for (const progress of changes.tasks.values()) forget(progress);
  for (const job of engine.jobs.values()) {
    for (const task of job.groups?.tasks.values() ?? []) forget(task.progress);
  }
}

/** An original that was told to give way goes on, beside its replacement. */
function keepOriginals({ changes }: Batch<unknown>, engine: Engine): void {
  for (const { task, execution } of engine.executions.values()) {
    if (task.progress.group?.original !== execution.number) continue;
    if (execution.stopReason !== "replaced") continue;
    const goOn = (record: ExecutionRecord): void => {
      record.stopReason = null;
      record.state = "running";
    };
    goOn(execution);
    const changed = changes.executions.get(execution.number);
    if (changed !== undefined) goOn(changed);
  }
}

function freeTwice({ changes }: Batch<unknown>, engine: Engine): void {
  for (const execution of changes.executions.values()) {
    const node = engine.nodes.get(execution.nodes[0] ?? 0);
    if (execution.state === "ended" && node !== undefined) freeForGroup(node, execution);
  }
}

function forgetLost({ changes }: Batch<unknown>, engine: Engine): void {
  for (const { state, job, task } of changes.executions.values()) {
    if (state === "lost") engine.jobs.get(job)?.groups?.placing.delete(task);
  }
}

/** Executions of groups that nobody has told to stop. */
function running(engine: Engine): LiveTask[] {
  return [...engine.executions.values()].filter(
    ({ execution }) => execution.allocation !== undefined && execution.stopReason === null,
  );
}

function drainAtOnce(_: Batch<unknown>, engine: Engine): void {
  for (const live of running(engine)) {
    if (!live.node.record.drain || live.job.record.spec.type !== "service") continue;
    describeStop(engine, live, "alloc is being migrated");
    stopExecution(engine, live, "replaced");
  }
}

function updateAtOnce(_: Batch<unknown>, engine: Engine): void {
  for (const live of running(engine)) {
    const { version } = groupsOf(live.job).record;
    if (live.execution.allocation?.version === version) continue;
    // Which is another bug.
    if (isKept(live.job, live.task.spec.place?.group ?? "")) continue;
    if (live.job.record.spec.type !== "service" || live.job.record.state !== "active") continue;
    describeStop(engine, live, "alloc is being updated due to job update");
    stopExecution(engine, live, "replaced");
  }
}

/** What an update replaces does not wait until its canaries are promoted. */
function updateUnpromoted(_: Batch<unknown>, engine: Engine): void {
  for (const live of running(engine)) {
    const { job, task, execution } = live;
    if (job.record.state !== "active" || !isKept(job, task.spec.place?.group ?? "")) continue;
    if (execution.allocation?.version === groupsOf(job).record.version) continue;
    describeStop(engine, live, "alloc is being updated due to job update");
    stopExecution(engine, live, "replaced");
    // One at a time is what max_parallel allows.
    return;
  }
}

/** A deployment fails, and nobody looks at what it leaves. */
function failUnsettled({ changes }: Batch<unknown>, engine: Engine): void {
  for (const { job, execution } of running(engine)) {
    const { deployment } = groupsOf(job).record;
    if (!execution.allocation?.canary || deployment?.status !== "running") continue;
    setGroupsRecord(engine, job, { deployment: { ...deployment, status: "failed" } });
    changes.jobs.set(job.record.number, job.record);
    return;
  }
}

/** The first group of a deployment of that status is said to be as `figures` has it. */
function miscount(status: DeploymentStatus, figures: (group: DeploymentGroup) => DeploymentGroup) {
  return ({ changes }: Batch<unknown>, engine: Engine): void => {
    for (const { job } of running(engine)) {
      const { deployment } = groupsOf(job).record;
      const [name, group] = Object.entries(deployment?.groups ?? {})[0] ?? [];
      if (deployment?.status !== status || name === undefined || group === undefined) continue;
      const groups = { ...deployment.groups, [name]: figures(group) };
      setGroupsRecord(engine, job, { deployment: { ...deployment, groups } });
      changes.jobs.set(job.record.number, job.record);
    }
  };
}

function rescheduleSystem(_: Batch<unknown>, engine: Engine): void {
  for (const job of engine.jobs.values()) {
    if (job.groups === null || !isSystemType(job) || job.record.state !== "active") continue;
    for (const task of job.groups.tasks.values()) {
      if (task.progress.outcome?.result === "failure") revive(engine, job, task);
    }
  }
}

function healthyAtOnce(report: NodeReport): NodeReport {
  if (report.kind !== "allocation" || report.state.status !== "running") return report;
  const health = { healthy: true, at: report.state.members[0]?.startedAt ?? 0, reason: null };
  return { ...report, state: { ...report.state, health } };
}

/** Seeded bugs of groups. */
export const GROUP_MUTANTS: readonly Mutant[] = [
  {
    name: "restarts of members are not limited",
    hooks: () => ({ effects: (effects) => effects.map(withoutLimit) }),
  },
  { name: "reschedules forget those before", hooks: () => ({ batch: forgetHistory }) },
  {
    name: "an original is not stopped for its replacement",
    hooks: () => ({ batch: keepOriginals }),
  },
  { name: "resources and ports are freed twice", hooks: () => ({ batch: freeTwice }) },
  { name: "lost executions are not replaced", hooks: () => ({ batch: forgetLost }) },
  { name: "a drain looks at no max_parallel", hooks: () => ({ batch: drainAtOnce }) },
  { name: "an update looks at no max_parallel", hooks: () => ({ batch: updateAtOnce }) },
  { name: "an update does not wait for its promotion", hooks: () => ({ batch: updateUnpromoted }) },
  { name: "canaries outlive their deployment", hooks: () => ({ batch: failUnsettled }) },
  {
    name: "what ended counts as healthy in its deployment",
    hooks: () => ({
      batch: miscount("running", (group) => ({ ...group, healthy: group.placed })),
    }),
  },
  {
    name: "a deployment that is over is counted on",
    hooks: () => ({
      batch: miscount("successful", (group) => ({ ...group, placed: group.placed + 1 })),
    }),
  },
  { name: "system tasks are rescheduled", hooks: () => ({ batch: rescheduleSystem }) },
  {
    name: "what runs counts as healthy at once",
    hooks: () => ({ reports: (reports) => reports.map(healthyAtOnce) }),
  },
  {
    name: "signals to members are not sent",
    hooks: () => ({
      agentEffects: (effects) => effects.filter(({ effect }) => effect !== "signalMember"),
    }),
  },
  {
    name: "a restore forgets which execution is an original",
    hooks: () => ({
      restored: (stored) => {
        for (const { progress } of stored.groupTasks) {
          if (progress.group !== undefined) progress.group = { ...progress.group, original: null };
        }
        return stored;
      },
    }),
  },
];
