import type { Fleet } from "../../fleet/state.ts";
import { cycleText, cycleValue } from "../../model/cycle.ts";
import { formatDuration } from "../../model/duration.ts";
import type {
  DefinitionContent,
  DefinitionRecord,
  Runners,
  ScheduleEntry,
  Targets,
} from "../../model/fleet/definition.ts";
import type { UserNumber } from "../../model/fleet/person.ts";
import type { NodeNumber } from "../../model/id.ts";
import { isoTime } from "../../model/time.ts";
import type { Definition } from "../../protocol/api/answer/definition.ts";
import { upcoming } from "../../schedule/scheduleEntry.ts";
import { present } from "./present.ts";
import { rollingPolicyView } from "./rolling.ts";
import { stampsView } from "./user.ts";

/** Times of a schedule that are told ahead. */
const NEXT_TIMES = 10;

/** What a view of a definition draws on. */
export interface DefinitionLook {
  readonly fleet: Fleet;
  readonly now: number;
  /** Null: the node is not there any more. */
  readonly nodeIdOf: (node: NodeNumber) => string | null;
}

/** The content as revision N; 0: the working copy. */
export function definitionView(
  look: DefinitionLook,
  definition: DefinitionRecord,
  revision: number,
  content: DefinitionContent,
): Definition {
  const { fleet } = look;
  const { script, osUser, nextTask, nodeTimeoutMs, runTimeoutMs, rolling } = content;
  const durationOf = (valueMs: number | null) =>
    valueMs === null ? null : formatDuration(valueMs);
  return {
    id: definition.id,
    revision,
    runningRevision: definition.revision,
    ownerId: userIdOf(fleet, definition.owner),
    description: definition.description,
    script: { name: script.name, sha256: script.sha256, sizeBytes: script.sizeBytes },
    ...present({ osUser }),
    byScheduler: switchOf(content.byScheduler),
    byOnDemand: switchOf(content.byOnDemand),
    byTask: switchOf(content.byTask),
    ...present({ nextTaskId: nextTask === null ? null : fleet.definitions.get(nextTask)?.id }),
    startWithin: formatDuration(content.startWithinMs),
    ...present({ nodeTimeout: durationOf(nodeTimeoutMs), runTimeout: durationOf(runTimeoutMs) }),
    ...present({ rolling: rolling === null ? null : rollingPolicyView(rolling) }),
    asksAgain: content.asksAgain,
    approval: approvalView(fleet, definition),
    schedules: content.schedules.map((schedule) => scheduleView(schedule, look.now)),
    runners: runnersView(fleet, content.runners),
    targets: targetsView(look, content.targets),
    ...stampsView(fleet, definition),
  };
}

export function userIdOf(fleet: Fleet, user: UserNumber): string {
  return fleet.users.get(user)?.id ?? `(removed user ${user})`;
}

function switchOf(isOn: boolean): "enable" | "disable" {
  return isOn ? "enable" : "disable";
}

function approvalView(
  fleet: Fleet,
  { approval, approver }: DefinitionRecord,
): Definition["approval"] {
  const idOf = (user: UserNumber | null) => (user === null ? null : userIdOf(fleet, user));
  switch (approval.state) {
    case "none":
      return { status: "N/A", ...present({ approverId: idOf(approver) }) };
    case "requested":
    case "approved":
      return {
        status: approval.state === "requested" ? "request" : "approved",
        approverId: userIdOf(fleet, approval.approver),
        requestReason: approval.reason,
        updateTime: isoTime(approval.at),
      };
    case "rejected":
      return {
        status: "reject",
        approverId: userIdOf(fleet, approval.approver),
        requestReason: approval.reason,
        rejectReason: approval.rejectReason,
        updateTime: isoTime(approval.at),
      };
  }
}

function scheduleView(schedule: ScheduleEntry, now: number): Definition["schedules"][number] {
  const { id, when, timeZone, status } = schedule;
  const isCron = when.form === "cron";
  return {
    id,
    cycle: isCron ? "cron" : when.cycle.cycle,
    value: isCron ? when.cron : cycleValue(when.cycle),
    text: `${id}(${isCron ? `cron, ${when.cron}` : cycleText(when.cycle)})`,
    timeZone,
    status,
    nextTimes: upcoming(schedule, now, NEXT_TIMES).map(isoTime),
  };
}

function runnersView(fleet: Fleet, { users, userGroups, definitions }: Runners) {
  return [
    ...users.map((user) => ({ id: userIdOf(fleet, user), kind: "user" as const })),
    ...userGroups.map((group) => ({
      id: fleet.userGroups.get(group)?.id ?? `(removed group ${group})`,
      kind: "user-group" as const,
    })),
    ...definitions.map((definition) => ({
      id: fleet.definitions.get(definition)?.id ?? `(removed task ${definition})`,
      kind: "task" as const,
    })),
  ];
}

function targetsView({ fleet, nodeIdOf }: DefinitionLook, { nodes, nodeGroups }: Targets) {
  return [
    ...nodes.map((node) => ({
      id: nodeIdOf(node) ?? `(removed node ${node})`,
      kind: "node" as const,
    })),
    ...nodeGroups.map((group) => ({
      id: fleet.nodeGroups.get(group)?.id ?? `(removed group ${group})`,
      kind: "node-group" as const,
    })),
  ];
}
