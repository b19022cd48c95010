import { runsItself } from "../../engine/groups/jobGroups.ts";
import { poolOf } from "../../engine/ring.ts";
import type { Engine, Job, Node } from "../../engine/state.ts";
import type { Machine } from "../machine.ts";
import type { World } from "../world.ts";
import { checkExplained, obstacleOf } from "./explainChecks.ts";
import { checkGroupsSettled, groupsUnsettled, isAtRest } from "./groupLiveness.ts";
import { demand } from "./violation.ts";

/** What has not come to its end yet, in words; null: everything has. Machines that stay off are not waited for. */
export function unsettled(world: World): string | null {
  const { server, machines } = world;
  const { engine } = server;
  if (engine === null || !server.isIdle) return "the server is busy";
  return (
    machines.map((machine) => machineUnsettled(engine, machine)).find((each) => each !== null) ??
    jobsUnsettled(engine) ??
    groupsUnsettled(engine) ??
    nodesUnsettled(world, engine) ??
    (server.links.hasUnacknowledged() ? "an order is not acknowledged" : null)
  );
}

function machineUnsettled(engine: Engine, machine: Machine): string | null {
  if (machine.isGone || !machine.isOn) return null;
  const { agent, name } = machine;
  if (agent === null) return `the agent of ${name} is not running`;
  if (!machine.isJoined || !agent.isConnected) {
    // A machine whose pool is gone can not join.
    return machine.isJoined ? `${name} is not connected` : null;
  }
  if (!engine.nodesByGuid.has(machine.guid)) return `${name} has been removed and has not left`;
  const kept = (number: number): boolean => {
    const live = engine.executions.get(number);
    return live?.execution.allocation !== undefined && isAtRest(live);
  };
  const held = agent.core.executions.values().find(({ key }) => !kept(key));
  if (held !== undefined)
    return `${name} holds execution ${held.order.execution} in ${held.life.phase}`;
  const [removal] = agent.core.removals.values();
  if (removal !== undefined) return `${name} has not done removal ${removal.removal}`;
  const process = machine.shims.processes.values().find(({ order }) => !kept(order.execution));
  if (process !== undefined) return `${name} runs a process of ${process.order.execution}`;
  return agent.isIdle ? null : `the agent of ${name} is busy`;
}

function jobsUnsettled(engine: Engine): string | null {
  const execution = engine.executions
    .values()
    .find((live) => live.execution.allocation === undefined);
  if (execution !== undefined) {
    const { number, state, nodes } = execution.execution;
    return `execution ${number} on node ${nodes[0]} is ${state}`;
  }
  for (const [number, { kind }] of engine.specials) return `${kind} ${number} is running`;
  for (const job of engine.jobs.values()) {
    const { state, spec } = job.record;
    if (state !== "active" && state !== "disabled" && state !== "completed") {
      return `job ${spec.id} is ${state}, ${job.record.ending}`;
    }
    // A parent has its children, and what it ran itself before it became one is past.
    const isParent = job.groups !== null && !(job.groups.tasks.size > 0 && runsItself(job));
    const isDone = job.counts.active === 0 && job.counts.running === 0 && !isParent;
    if (state === "active" && isDone && spec.onAllTasksComplete === "terminatejob") {
      return `job ${spec.id} has only completed tasks and is active`;
    }
    const placeable = firstPlaceable(engine, job);
    if (placeable !== null) return placeable;
  }
  return null;
}

function firstPlaceable(engine: Engine, job: Job): string | null {
  if (job.record.state !== "active") return null;
  for (const { slots } of job.queue.classes()) {
    const node = fittingNode(engine, job, slots);
    if (node !== null) {
      return `job ${job.record.spec.id} has a task of ${slots} slots and node ${node.record.id} is free`;
    }
  }
  return null;
}

/** A node that could take a task of the job; nothing runs any more when this is asked. */
function fittingNode(engine: Engine, job: Job, slots: number): Node | null {
  const pool = poolOf(engine, job);
  if (pool === null || pool.record.state !== "active") return null;
  for (const number of pool.nodes) {
    const node = engine.nodes.get(number);
    if (node !== undefined && obstacleOf(job, node, slots) === null) return node;
  }
  return null;
}

function nodesUnsettled(world: World, engine: Engine): string | null {
  for (const pool of engine.pools.values()) {
    const { resize, spec, state } = pool.record;
    const isWaiting = [...pool.nodes].some((number) => waitsForService(engine, number));
    if (isWaiting) continue;
    if (resize !== null || state === "deleting") return `pool ${spec.id} is ${state} and resizing`;
  }
  for (const node of engine.nodes.values()) {
    const { id, life, contact, guid } = node.record;
    const machine = world.machines.find((candidate) => candidate.guid === guid);
    if (contact === "away" || contact === "unknown") return `node ${id} is ${contact}`;
    if (contact === "lost" && machine?.isOn === true && !machine.isGone)
      return `node ${id} is lost`;
    if (waitsForService(engine, node.record.number)) continue;
    if (contact === "connected" && life !== "joined") return `node ${id} is ${life}`;
    const removal = [...engine.removals.values()].find(
      (candidate) => candidate.node === node.record.number,
    );
    if (removal !== undefined && contact === "connected") return `node ${id} owes a removal`;
  }
  return null;
}

/** It is to reboot or to go when what runs there has ended, and a service does not end. */
function waitsForService(engine: Engine, number: number): boolean {
  const node = engine.nodes.get(number);
  const { life, option } = node?.record ?? {};
  if (node === undefined || (life !== "rebooting" && life !== "leaving")) return false;
  if (option !== "taskcompletion" && option !== "retaineddata") return false;
  return [...node.executions].some((execution) => {
    const live = engine.executions.get(execution);
    return live?.execution.allocation !== undefined && isAtRest(live);
  });
}

/** A job that is gone has left nothing on the machines that can be reached. */
function checkDirectories(world: World): void {
  const jobs = new Set([...world.disk.jobs.values()].map(({ spec }) => spec.id));
  for (const machine of world.machines) {
    if (machine.agent?.isConnected !== true) continue;
    for (const key of machine.directories) {
      const [job = ""] = key.split(" ");
      demand(
        jobs.has(job),
        "directoryLeft",
        () => `${machine.name} still has ${key} of a deleted job`,
      );
    }
  }
}

/** At the end: what has not completed is explained, and the explanation is true. */
export function checkSettled(world: World, engine: Engine): void {
  checkDirectories(world);
  for (const job of engine.jobs.values()) if (job.groups !== null) checkGroupsSettled(engine, job);
  for (const [number, { byNumber }] of world.disk.tasks) {
    const job = engine.jobs.get(number) ?? null;
    for (const task of byNumber.values()) {
      const { state } = task.progress;
      if (task.progress.group !== undefined) continue;
      demand(state === "completed" || state === "active", "liveness", () => {
        return `task ${task.id} is ${state} at the end`;
      });
      if (state === "active") checkExplained(engine, job, task);
    }
  }
}
