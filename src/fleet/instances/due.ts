import type { DefinitionRecord, ScheduleEntry } from "../../model/fleet/definition.ts";
import { foldId } from "../../model/id.ts";
import { nextDueOf } from "../../schedule/scheduleEntry.ts";
import { isRefusal } from "../reply.ts";
import type { Fleet, ScheduledTime } from "../state.ts";
import type { World } from "../world.ts";
import { planMistake, runnableRevision, startInstance } from "./start.ts";
import { planTargets } from "./targetPlan.ts";
import { tellSkipped } from "./tell.ts";

/** A run that starts later than this after its time is recorded as skipped: nobody expects it then any more. */
export const MISSED_AFTER_MS = 60_000;

/** A time of a schedule at which nothing was started, and why. */
export interface SkippedRun {
  readonly definition: DefinitionRecord;
  readonly schedule: ScheduleEntry;
  readonly dueAt: number;
  readonly reason: string;
}

/** When the clock starts something next; null: nothing is scheduled. */
export function nextScheduledAt(fleet: Fleet): number | null {
  let next: number | null = null;
  for (const definition of fleet.definitions.values()) {
    const at = nextOf(fleet, definition)?.at ?? null;
    if (at !== null && (next === null || at < next)) next = at;
  }
  return next;
}

/** The earliest schedule of a definition, kept until the definition is another. */
function nextOf(fleet: Fleet, definition: DefinitionRecord): ScheduledTime | null {
  const known = fleet.dues.get(definition.number);
  if (known?.of === definition) return known.due;
  const due = earliest(fleet, definition);
  fleet.dues.set(definition.number, { of: definition, due });
  return due;
}

/** Those of the running revision: a schedule has to be approved as everything else. */
function earliest(fleet: Fleet, definition: DefinitionRecord): ScheduledTime | null {
  const revision = fleet.revisions.get(definition.number);
  if (revision === undefined || !revision.content.byScheduler) return null;
  let first: ScheduledTime | null = null;
  for (const schedule of revision.content.schedules) {
    if (schedule.status === "disable") continue;
    const after = definition.lastDueAt[foldId(schedule.id)] ?? 0;
    const at = nextDueOf(schedule, Math.max(after, revision.approvedAt));
    if (at !== null && (first === null || at < first.at)) first = { schedule, at };
  }
  return first;
}

/**
 * Starts what is due. That a time has come is in the definition's record in the same step, so each is started at most once
 * or skipped with its reason, whatever crashes. Of the times that passed while nobody looked, none is made up for.
 */
export function fireSchedules(fleet: Fleet, world: World): void {
  for (const { number } of [...fleet.definitions.values()]) {
    for (;;) {
      const definition = fleet.definitions.get(number);
      const due = definition === undefined ? null : nextOf(fleet, definition);
      if (definition === undefined || due === null || due.at > fleet.now) break;
      const reason = fire(fleet, world, definition, due);
      const { schedule } = due;
      if (reason !== null) tellSkipped(world, { definition, schedule, dueAt: due.at, reason });
      noteDue(fleet, number, due);
    }
  }
}

function noteDue(fleet: Fleet, number: number, { schedule, at }: ScheduledTime): void {
  const definition = fleet.definitions.get(number);
  if (definition === undefined) return;
  // A long absence is one skip a schedule, not one for each of its times.
  const until = fleet.now - at > MISSED_AFTER_MS ? fleet.now - MISSED_AFTER_MS : at;
  const lastDueAt = { ...definition.lastDueAt, [foldId(schedule.id)]: until };
  fleet.definitions.put({ ...definition, lastDueAt });
}

/** Null: it was started. */
function fire(
  fleet: Fleet,
  world: World,
  definition: DefinitionRecord,
  { schedule, at }: ScheduledTime,
): string | null {
  if (fleet.now - at > MISSED_AFTER_MS) return "Nothing looked at the clock then";
  const revision = runnableRevision(fleet, definition, "byScheduler");
  if (isRefusal(revision)) return revision.error.message;
  for (const instance of fleet.instances.values()) {
    if (instance.definition !== definition.number || instance.runner.kind !== "scheduler") continue;
    return `Task instance #${instance.number}, which a schedule started, had not ended`;
  }
  const plan = planTargets(fleet, world, revision.content, null);
  const mistake = planMistake(definition, plan);
  if (mistake !== null) return mistake.error.message;
  startInstance(fleet, world, definition, revision, {
    runner: { kind: "scheduler", schedule: schedule.id, dueAt: at },
    runnerText: `${schedule.id}(scheduler)`,
    arguments: [],
    plan,
  });
  return null;
}
