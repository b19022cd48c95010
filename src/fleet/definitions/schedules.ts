import type { DefinitionRecord, ScheduleEntry } from "../../model/fleet/definition.ts";
import { foldId } from "../../model/id.ts";
import type { Actor, DefinitionRequest } from "../input.ts";
import { DONE, type FleetReply, isRefusal, type Refusal, refuse } from "../reply.ts";
import type { Fleet } from "../state.ts";
import { editWorking } from "./editWorking.ts";

type ScheduleRequest = DefinitionRequest & {
  request: "addSchedule" | "editSchedule" | "removeSchedule";
};

/** A definition may have several schedules, each with an id of its own. */
export function applyToSchedules(
  fleet: Fleet,
  definition: DefinitionRecord,
  request: ScheduleRequest,
  actor: Actor,
): FleetReply {
  const schedules = changedSchedules(definition, request);
  if (isRefusal(schedules)) return schedules;
  editWorking(fleet, definition, { ...definition.working, schedules }, actor);
  return DONE;
}

function changedSchedules(
  { id, working: { schedules } }: DefinitionRecord,
  request: ScheduleRequest,
): ScheduleEntry[] | Refusal {
  const wanted = request.request === "addSchedule" ? request.schedule.id : request.schedule;
  const index = schedules.findIndex((entry) => foldId(entry.id) === foldId(wanted));
  if (request.request === "addSchedule") {
    if (index < 0) return [...schedules, request.schedule];
    const message = `Task ${id} has a schedule ${wanted} already.`;
    return refuse("ScheduleExists", message, "Choose another id, or edit that schedule.");
  }
  const found = schedules[index];
  if (found === undefined) {
    return refuse(
      "ScheduleNotFound",
      `Task ${id} has no schedule ${wanted}.`,
      `List them: stint task listschedule -id ${id}.`,
    );
  }
  return request.request === "removeSchedule"
    ? schedules.toSpliced(index, 1)
    : schedules.with(index, { ...found, ...request.patch });
}
