import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { JobNumber } from "../../model/id.ts";
import { isRefusal, type Refusal, refuse } from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";
import { instanceOfJob, saveInstance } from "./live.ts";
import { rollingEnded } from "./rolling.ts";
import { planMistake, runnableRevision, startInstance } from "./start.ts";
import { planTargets } from "./targetPlan.ts";
import { tellEnd, tellNextSkipped } from "./tell.ts";

/** What became of a run's targets. */
export interface RunCounts {
  readonly succeeded: number;
  readonly failed: number;
}

/**
 * The work of an instance is over: all its targets have ended. If all of them succeeded, its next task begins in the same
 * step, and never again: what the instance started, or why it could not, is in its record (OPMATE 6.6).
 */
export function runEnded(
  fleet: Fleet,
  world: World,
  job: JobNumber,
  { succeeded, failed }: RunCounts,
): void {
  const instance = instanceOfJob(fleet, job);
  if (instance === null) return;
  const isSuccess = failed === 0 && succeeded === instance.targetCount;
  const ended: InstanceRecord = {
    ...instance,
    ...rollingEnded(instance),
    endedAt: fleet.now,
    result: isSuccess ? "success" : "fail",
  };
  tellEnd(world, ended, { succeeded, failed });
  const next = isSuccess && instance.nextInstance === null ? startNext(fleet, world, ended) : null;
  saveInstance(fleet, next === null ? ended : { ...ended, ...next });
}

/** What becomes of the instance's record. */
type Next = Partial<Pick<InstanceRecord, "nextInstance" | "nextRefusal">>;

/** By the revision that ran: what the owner edits meanwhile is not approved. Null: there is no next task. */
function startNext(fleet: Fleet, world: World, instance: InstanceRecord): Next | null {
  const caller = fleet.definitions.get(instance.definition);
  const callee = fleet.definitions.get(instance.nextTask ?? 0);
  if (caller === undefined || callee === undefined) return null;
  const started = startCalled(fleet, world, instance, caller, callee);
  if (!isRefusal(started)) return { nextInstance: started.number, nextRefusal: null };
  const { message } = started.error;
  tellNextSkipped(world, instance, callee.id, message);
  return { nextRefusal: message };
}

function startCalled(
  fleet: Fleet,
  world: World,
  { number }: InstanceRecord,
  caller: DefinitionRecord,
  callee: DefinitionRecord,
): InstanceRecord | Refusal {
  const revision = runnableRevision(fleet, callee, "byTask");
  if (isRefusal(revision)) return revision;
  if (!revision.content.runners.definitions.includes(caller.number))
    return noRunner(caller, callee);
  const plan = planTargets(fleet, world, revision.content, null);
  const mistake = planMistake(callee, plan);
  if (mistake !== null) return mistake;
  return startInstance(fleet, world, callee, revision, {
    runner: { kind: "task", definition: caller.number, instance: number },
    runnerText: `${caller.id}(task)`,
    arguments: [],
    plan,
  });
}

function noRunner(caller: DefinitionRecord, callee: DefinitionRecord): Refusal {
  return refuse(
    "InsufficientPermissions",
    `Task ${caller.id} is no runner of task ${callee.id}, so it may not start it.`,
    `The owner of ${callee.id} can add it: stint task addrunner -id ${callee.id} -ts ${caller.id}.`,
  );
}
