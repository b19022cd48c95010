import type { DefinitionRecord, RevisionRecord } from "../../model/fleet/definition.ts";
import type { InstanceRecord, InstanceRunner } from "../../model/fleet/instance.ts";
import type { RollingPolicy } from "../../model/fleet/rolling.ts";
import { groupsText } from "../definitions/approval.ts";
import { type Refusal, refuse } from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";
import { saveInstance } from "./live.ts";
import { newRolling, noteStart } from "./rolling.ts";
import type { TargetPlan } from "./targetPlan.ts";
import { tellStart } from "./tell.ts";

/** Problems and nodes named in one sentence. */
const NAMED_MAX = 5;

/** The revision that would run, if the task may be started in this way at all. */
export function runnableRevision(
  fleet: Fleet,
  definition: DefinitionRecord,
  mode: "byOnDemand" | "byScheduler" | "byTask",
): RevisionRecord | Refusal {
  const revision = fleet.revisions.get(definition.number);
  if (revision === undefined) {
    return refuse(
      "NotApproved",
      `No revision of task ${definition.id} was approved yet; its working copy does not run.`,
      `Request it: stint approval request -id ${definition.id}.`,
    );
  }
  if (!revision.content[mode]) {
    const { text, option } = MODES[mode];
    return refuse(
      "RunModeDisabled",
      `Revision ${revision.revision} of task ${definition.id} may not be started ${text}.`,
      `Its owner can enable that: stint task edit -id ${definition.id} ${option} E, and have it approved.`,
    );
  }
  const { asksAgain } = revision.content;
  if (asksAgain && revision.groupsText !== groupsText(fleet, revision.content)) {
    return refuse(
      "ApprovalNeededAgain",
      `Node groups of task ${definition.id} have changed since revision ${revision.revision} was approved.`,
      `Request the approval again: stint approval request -id ${definition.id}.`,
    );
  }
  return revision;
}

const MODES = {
  byOnDemand: { text: "by people", option: "-eo" },
  byScheduler: { text: "by a schedule", option: "-es" },
  byTask: { text: "by another task", option: "-et" },
} as const;

/** Why nothing can run on these targets; null: something can. */
export function planMistake(definition: DefinitionRecord, plan: TargetPlan): Refusal | null {
  if (plan.problems.length > 0) {
    const named = plan.problems
      .slice(0, NAMED_MAX)
      .map(({ nodeId, message }) => `${nodeId}: ${message}`);
    const more = plan.problems.length - named.length;
    return refuse(
      "UnknownReservedWord",
      `The script cannot be filled in everywhere, so it runs nowhere. ${named.join(" ")}${more > 0 ? ` And ${more} more.` : ""}`,
      `See them all: stint task plan -id ${definition.id}.`,
    );
  }
  if (plan.targets.length > 0) return null;
  const named = plan.left.slice(0, NAMED_MAX).map(({ nodeId, reason }) => `${nodeId}: ${reason}`);
  const why = named.length === 0 ? "it has no targets" : named.join(", ");
  return refuse(
    "NoTargets",
    `There is no node to run task ${definition.id} on (${why}).`,
    `Add targets, or enable nodes; see stint task plan -id ${definition.id}.`,
  );
}

/** Makes the instance: its targets are frozen, and its work begins in the same step. */
export function startInstance(
  fleet: Fleet,
  world: World,
  definition: DefinitionRecord,
  { revision, content }: RevisionRecord,
  run: {
    readonly runner: InstanceRunner;
    readonly runnerText: string;
    readonly arguments: readonly string[];
    readonly plan: TargetPlan;
    /** In place of the revision's own; absent: that one. */
    readonly rolling?: RollingPolicy;
  },
): InstanceRecord {
  fleet.counters.instance += 1;
  const number = fleet.counters.instance;
  const { script, osUser, startWithinMs, nodeTimeoutMs, runTimeoutMs } = content;
  const targetCount = run.plan.targets.length;
  const policy = run.rolling ?? content.rolling;
  const rolling = policy === null ? null : newRolling(policy, targetCount);
  const job = world.startRun(
    {
      instanceNo: number,
      definitionId: definition.id,
      revision,
      script,
      arguments: run.arguments,
      osUser,
      startWithinMs,
      nodeTimeoutMs,
    },
    run.plan.targets,
    { timeoutMs: runTimeoutMs, released: rolling?.openNodes ?? null },
  );
  const record: InstanceRecord = {
    number,
    definition: definition.number,
    definitionId: definition.id,
    revision,
    job,
    runner: run.runner,
    runnerText: run.runnerText,
    arguments: run.arguments,
    targetCount,
    startedAt: fleet.now,
    endedAt: null,
    result: null,
    nextTask: content.nextTask,
    nextInstance: null,
    nextRefusal: null,
    reruns: [],
    stopReason: null,
    ...(rolling === null ? {} : { rolling }),
  };
  noteStart(world, record);
  tellStart(world, record);
  return saveInstance(fleet, record);
}
