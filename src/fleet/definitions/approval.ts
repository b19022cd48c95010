import type {
  Approval,
  DefinitionContent,
  DefinitionRecord,
} from "../../model/fleet/definition.ts";
import type { Relation } from "../../model/fleet/permission.ts";
import type { UserRecord } from "../../model/fleet/person.ts";
import type { Actor, ApprovalRequest, ScriptText } from "../input.ts";
import { findDefinition, findUser } from "../lookup.ts";
import {
  asOwner,
  DONE,
  type FleetReply,
  isRefusal,
  notPermitted,
  type Refusal,
  refuse,
} from "../reply.ts";
import { changed } from "../stamps.ts";
import type { Fleet } from "../state.ts";
import { chainMistake } from "./nextTask.ts";
import { forbiddenIn } from "./restricted.ts";

type Requested = Approval & { state: "requested" };

/** The way of a working copy to a revision that runs (OPMATE 6.3). */
export function applyToApproval(fleet: Fleet, request: ApprovalRequest, actor: Actor): FleetReply {
  const definition = findDefinition(fleet, request.definition);
  if (isRefusal(definition)) return definition;
  if (request.request === "requestApproval") return ask(fleet, definition, request, actor);
  const { approval } = definition;
  const relations: Relation[] =
    approval.state === "requested" && approval.approver === actor.user ? ["approver"] : [];
  const refused = notPermitted("decideApproval", actor, relations);
  if (refused !== null) return refused;
  if (approval.state !== "requested") {
    return refuse(
      "ApprovalNotRequested",
      `Nobody has requested the approval of task ${definition.id} as it is now.`,
      `Its owner requests it: stint approval request -id ${definition.id}.`,
    );
  }
  return request.request === "acceptApproval"
    ? accept(fleet, definition, approval, request.script, actor)
    : reject(fleet, definition, approval, request.reason, actor);
}

function ask(
  fleet: Fleet,
  definition: DefinitionRecord,
  { approver, reason, script }: ApprovalRequest & { request: "requestApproval" },
  actor: Actor,
): FleetReply {
  const refused =
    notPermitted("requestApproval", actor, asOwner(actor, definition.owner)) ??
    nothingToApprove(fleet, definition) ??
    forbiddenIn(fleet, definition, script);
  if (refused !== null) return refused;
  const asked = approverOf(fleet, definition, approver);
  if (isRefusal(asked)) return asked;
  const approval: Requested = {
    state: "requested",
    approver: asked.number,
    reason,
    requestedBy: actor.user,
    at: fleet.now,
  };
  fleet.definitions.put({ ...definition, approval, ...changed(fleet, actor) });
  return DONE;
}

/** A level 0 or 1 user who can log in. */
function approverOf(
  fleet: Fleet,
  definition: DefinitionRecord,
  id: string | undefined,
): UserRecord | Refusal {
  const own = definition.approver === null ? undefined : fleet.users.get(definition.approver);
  const user = id === undefined ? own : findUser(fleet, id);
  if (user === undefined) {
    return refuse(
      "MissingRequiredProperty",
      `Expected the user who is asked to approve task ${definition.id}, and it has none of its own.`,
      "Name one of the role manager or administrator with -ai.",
      "approver",
    );
  }
  if (isRefusal(user) || (user.role <= 1 && user.status === "enable")) return user;
  return refuse(
    "InvalidPropertyValue",
    `Expected an enabled user of the role manager or administrator as approver, and ${user.id} is ${user.status === "enable" ? "of a lower role" : "disabled"}.`,
    "Name another one with -ai; stint user list -ro 1 -st E lists managers.",
    "approver",
  );
}

function nothingToApprove(fleet: Fleet, definition: DefinitionRecord): Refusal | null {
  const running = fleet.revisions.get(definition.number);
  if (running === undefined) return null;
  const isSame =
    JSON.stringify(running.content) === JSON.stringify(definition.working) &&
    running.groupsText === groupsText(fleet, definition.working);
  if (!isSame) return null;
  return refuse(
    "NothingToApprove",
    `Task ${definition.id} is as revision ${running.revision}, which runs.`,
    "Nothing needs to be done.",
  );
}

/** A second person looks at every change; an administrator may act for the one who was asked. */
function accept(
  fleet: Fleet,
  definition: DefinitionRecord,
  approval: Requested,
  script: ScriptText | undefined,
  actor: Actor,
): FleetReply {
  const isOwn = actor.user === approval.requestedBy || actor.user === definition.owner;
  if (isOwn && !fleet.settings.allowsSelfApproval) {
    return refuse(
      "SelfApproval",
      `Expected a second person to accept task ${definition.id}, and you are its owner.`,
      "Ask another manager or administrator, or let the server allow it: --allow-self-approval.",
    );
  }
  const mistake =
    chainMistake(fleet, definition, definition.working.nextTask) ??
    forbiddenIn(fleet, definition, script);
  if (mistake !== null) return mistake;
  const revision = definition.revision + 1;
  const record = {
    definition: definition.number,
    revision,
    owner: definition.owner,
    content: definition.working,
    requestedBy: approval.requestedBy,
    requestReason: approval.reason,
    approver: actor.user,
    approvedAt: fleet.now,
    groupsText: groupsText(fleet, definition.working),
  };
  fleet.revisions.set(definition.number, record);
  fleet.newRevisions.push(record);
  const approved: Approval = {
    state: "approved",
    approver: actor.user,
    reason: approval.reason,
    at: fleet.now,
  };
  fleet.definitions.put({ ...definition, revision, approval: approved, ...changed(fleet, actor) });
  return { ok: true, revision };
}

/** It consumes no number. */
function reject(
  fleet: Fleet,
  definition: DefinitionRecord,
  { reason }: Requested,
  rejectReason: string,
  actor: Actor,
): FleetReply {
  const approval: Approval = {
    state: "rejected",
    approver: actor.user,
    reason,
    rejectReason,
    at: fleet.now,
  };
  fleet.definitions.put({ ...definition, approval, ...changed(fleet, actor) });
  return DONE;
}

/** Members and attributes of the node groups that it is for, in one form. */
export function groupsText(fleet: Fleet, { targets }: DefinitionContent): string {
  const groups = targets.nodeGroups
    .toSorted((left, right) => left - right)
    .map((number) => {
      const group = fleet.nodeGroups.get(number);
      const nodes = [...(group?.nodes ?? [])].sort((left, right) => left - right);
      const attributes = Object.entries(group?.attributes ?? {}).sort(([left], [right]) =>
        left < right ? -1 : 1,
      );
      return [number, nodes, attributes];
    });
  return JSON.stringify(groups);
}
