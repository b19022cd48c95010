import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { Relation } from "../../model/fleet/permission.ts";
import type { NodeNumber } from "../../model/id.ts";
import type { Actor, InstanceRequest } from "../input.ts";
import { findDefinition, findNode } from "../lookup.ts";
import {
  asOwner,
  DONE,
  type FleetReply,
  isRefusal,
  notPermitted,
  type Refusal,
  refuse,
} from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { NodeLookup, World } from "../world.ts";
import { saveInstance } from "./live.ts";
import { isRolling, rerunMistake, resumeRolling, rollAgain, withOpenNodes } from "./rolling.ts";
import { planMistake, runnableRevision, startInstance } from "./start.ts";
import { nodesOf, planTargets } from "./targetPlan.ts";
import { tellRerun } from "./tell.ts";

/** Runs, reruns and stops (OPMATE 6.4, 7). `loaded`: the instance that the request names, from the store if it has ended. */
export function applyToInstances(
  fleet: Fleet,
  world: World,
  request: InstanceRequest,
  actor: Actor,
  loaded: InstanceRecord | null,
): FleetReply {
  if (request.request === "runDefinition") return run(fleet, world, request, actor);
  const instance = fleet.instances.get(request.instance) ?? loaded;
  if (instance === null) {
    return refuse(
      "InstanceNotFound",
      `There is no task instance #${request.instance}.`,
      "List them: stint taskinstance list.",
    );
  }
  if (request.request === "rerunNodes") return rerun(fleet, world, instance, request.nodes, actor);
  return request.request === "resumeInstance"
    ? resume(fleet, world, instance, actor)
    : stop(fleet, world, instance, request, actor);
}

/** What the actor is to the task: its owner, or one who may run it, directly or through a user group. */
export function runRelations(fleet: Fleet, definition: DefinitionRecord, actor: Actor): Relation[] {
  const relations: Relation[] = asOwner(actor, definition.owner);
  const runners = fleet.revisions.get(definition.number)?.content.runners;
  if (runners === undefined) return relations;
  const isInGroup = runners.userGroups.some(
    (group) => fleet.userGroups.get(group)?.users.includes(actor.user) === true,
  );
  if (isInGroup || runners.users.includes(actor.user)) relations.push("runner");
  return relations;
}

function run(
  fleet: Fleet,
  world: World,
  request: InstanceRequest & { request: "runDefinition" },
  actor: Actor,
): FleetReply {
  const definition = findDefinition(fleet, request.definition);
  if (isRefusal(definition)) return definition;
  const refused = notPermitted("run", actor, runRelations(fleet, definition, actor));
  if (refused !== null) return refused;
  const revision = runnableRevision(fleet, definition, "byOnDemand");
  if (isRefusal(revision)) return revision;
  const only =
    request.nodes === null
      ? null
      : subsetOf(fleet, world, definition, revision.content, request.nodes);
  if (only !== null && isRefusal(only)) return only;
  const plan = planTargets(fleet, world, revision.content, only);
  const [left] = plan.left;
  if (only !== null && left !== undefined) {
    return refuse(
      "NotATarget",
      `Node ${left.nodeId} was asked for, and ${left.reason}.`,
      "Leave it out, or enable it.",
      "nodes",
    );
  }
  const mistake = planMistake(definition, plan);
  if (mistake !== null) return mistake;
  const instance = startInstance(fleet, world, definition, revision, {
    runner: { kind: "user", user: actor.user },
    runnerText: userText(fleet, actor),
    arguments: request.arguments,
    plan,
    ...(request.rolling === undefined ? {} : { rolling: request.rolling }),
  });
  return { ok: true, instance: instance.number };
}

function userText(fleet: Fleet, { user }: Actor): string {
  return `${fleet.users.get(user)?.id ?? user}(user)`;
}

/** Nodes that a person picked; each has to be a target of what runs. */
export function subsetOf(
  fleet: Fleet,
  world: NodeLookup,
  definition: DefinitionRecord,
  content: DefinitionContent,
  ids: readonly string[],
): Set<NodeNumber> | Refusal {
  const nodes = nodesOf(fleet, world, content);
  const picked = new Set<NodeNumber>();
  for (const id of ids) {
    const node = findNode(world, id);
    if (isRefusal(node)) return node;
    if (!nodes.has(node.number)) {
      return refuse(
        "NotATarget",
        `Node ${node.id} is no target of revision ${definition.revision} of task ${definition.id}.`,
        `Its targets: stint task listtarget -id ${definition.id} -rv ${definition.revision}.`,
        "nodes",
      );
    }
    picked.add(node.number);
  }
  return picked;
}

/** The task of an instance, if the actor may run more of the instance: only what is still approved runs (OPMATE 7.4). */
function runnableTask(
  fleet: Fleet,
  instance: InstanceRecord,
  actor: Actor,
): DefinitionRecord | Refusal {
  const definition = fleet.definitions.get(instance.definition);
  if (definition === undefined) {
    return refuse(
      "RevisionChanged",
      `Task ${instance.definitionId} of task instance #${instance.number} was deleted.`,
      "Create it again and run it.",
    );
  }
  const refused = notPermitted("run", actor, runRelations(fleet, definition, actor));
  if (refused !== null) return refused;
  if (definition.revision === instance.revision) return definition;
  return refuse(
    "RevisionChanged",
    `Task instance #${instance.number} ran revision ${instance.revision} of task ${definition.id}, and revision ${definition.revision} runs now.`,
    `Run the task anew on those nodes: stint task run -id ${definition.id} -ni NODE.`,
  );
}

/** Nodes of an instance run once more, under its number and with its script and arguments (OPMATE 7.4). */
function rerun(
  fleet: Fleet,
  world: World,
  instance: InstanceRecord,
  ids: readonly string[],
  actor: Actor,
): FleetReply {
  const definition = runnableTask(fleet, instance, actor);
  if (isRefusal(definition)) return definition;
  const picked = new Set<NodeNumber>();
  for (const id of ids) {
    const node = findNode(world, id);
    if (isRefusal(node)) return node;
    if (node.status === "disable") {
      return refuse(
        "NotATarget",
        `Node ${node.id} is disabled.`,
        `Enable it first: stint node edit -id ${node.id} -st E.`,
        "nodes",
      );
    }
    picked.add(node.number);
  }
  const nodes = [...picked];
  const rolls = isRolling(instance);
  const refused = rolls ? rerunMistake(instance, nodes.length) : null;
  if (refused !== null) return refused;
  const isOver = instance.endedAt !== null;
  const error = world.rerun(instance.job, nodes, rolls && isOver);
  if (error !== null) return { ok: false, error };
  const runnerText = userText(fleet, actor);
  const added = nodes.map((node) => ({ node, at: fleet.now, runnerText }));
  const reruns = [...instance.reruns, ...added];
  const open = { ...instance, endedAt: null, result: null, stopReason: null, reruns };
  tellRerun(world, instance, ids, runnerText);
  if (!isRolling(open)) saveInstance(fleet, open);
  else if (isOver) rollAgain(fleet, world, open, nodes.length);
  else saveInstance(fleet, withOpenNodes(open, nodes.length));
  return { ok: true, instance: instance.number };
}

/** A rolling run that is paused or was stopped goes on with its next batch. */
function resume(fleet: Fleet, world: World, instance: InstanceRecord, actor: Actor): FleetReply {
  const definition = runnableTask(fleet, instance, actor);
  if (isRefusal(definition)) return definition;
  if (instance.endedAt !== null || instance.stopReason !== null) return ended(instance);
  if (!isRolling(instance)) {
    return refuse(
      "InstanceNotRolling",
      `Task instance #${instance.number} does not roll: all its nodes began at once.`,
      "Nothing needs to be done.",
    );
  }
  if (instance.rolling.state.state === "running") {
    return refuse(
      "InstanceRolling",
      `Task instance #${instance.number} is neither paused nor stopped; batch ${instance.rolling.batch} runs.`,
      "Nothing needs to be done.",
    );
  }
  resumeRolling(fleet, world, instance, userText(fleet, actor));
  return { ok: true, instance: instance.number };
}

function ended({ number, stopReason, endedAt }: InstanceRecord): Refusal {
  const how = endedAt === null ? `is being stopped (${stopReason})` : "has ended";
  return refuse(
    "InstanceEnded",
    `Task instance #${number} ${how}.`,
    `Run nodes of it again: stint taskinstance rerun -in ${number}.`,
  );
}

function stop(
  fleet: Fleet,
  world: World,
  instance: InstanceRecord,
  { node: id, reason }: InstanceRequest & { request: "stopInstance" },
  actor: Actor,
): FleetReply {
  const definition = fleet.definitions.get(instance.definition);
  const relations = definition === undefined ? [] : runRelations(fleet, definition, actor);
  const refused = notPermitted("stopRun", actor, relations);
  if (refused !== null) return refused;
  if (instance.endedAt !== null) {
    return refuse(
      "InstanceEnded",
      `Task instance #${instance.number} has ended.`,
      "Nothing needs to be done.",
    );
  }
  const node = id === null ? null : findNode(world, id);
  if (node !== null && isRefusal(node)) return node;
  const error = world.stop(instance.job, node?.number ?? null, reason);
  if (error !== null) return { ok: false, error };
  if (node === null) saveInstance(fleet, { ...instance, stopReason: reason });
  return DONE;
}
