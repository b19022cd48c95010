import type { NodeNumber } from "../model/id.ts";
import type { Contact } from "../model/node.ts";
import { groupsLoseContact } from "./groups/contactLoss.ts";
import { indexNode } from "./nodeIndex.ts";
import { dropSpecial, waitersOn } from "./preparation.ts";
import { saveNode, saveNodeJob } from "./record.ts";
import { type Engine, mustHave, type Node, SLEEP_GAP_MS, touchJob } from "./state.ts";
import { executionLost } from "./taskEnd.ts";

/** Whether a node can be reached, and what follows when it cannot (DESIGN 2, Time). */

export function setContact(engine: Engine, node: Node, contact: Contact): void {
  if (node.record.contact === contact) return;
  node.record.contact = contact;
  saveNode(engine, node);
  indexNode(node);
  if (contact === "connected") return;
  // Jobs that are being removed wait for the nodes that can be reached, and for no others.
  for (const number of node.jobs.keys()) touchJob(engine, mustHave(engine.jobs, number, "job"));
}

/**
 * A frame of the node was seen. False: the node was given up meanwhile, so that its link has to be made anew and
 * settled before anything it says counts.
 */
export function heard(engine: Engine, number: NodeNumber, now: number): boolean {
  const node = engine.nodes.get(number);
  if (node === undefined || node.record.contact !== "connected") return false;
  hear(node, now);
  return true;
}

/** Its record is not saved for that: a store keeps the last contact as of the record's last change. */
export function hear(node: Node, now: number): void {
  node.heardAt = Math.max(node.heardAt, now);
  node.record.contactAt = Math.max(node.record.contactAt, now);
}

/** The server slept (or has just begun): silence until now says nothing about the nodes. */
export function forgiveSilence(engine: Engine, now: number, previous: number): void {
  if (now - previous <= SLEEP_GAP_MS) return;
  for (const node of engine.nodes.values()) node.heardAt = now;
}

/** Keeps one timer going per node that has joined. */
export function watch(engine: Engine, node: Node): void {
  if (node.watched) return;
  node.watched = true;
  engine.timers.add(node.heardAt + engine.settings.unknownAfterMs, {
    timer: "contact",
    node: node.record.number,
  });
}

/** The contact timer fired: nothing heard for the grace makes a node unknown, then lost. */
export function checkContact(engine: Engine, node: Node): void {
  const { unknownAfterMs, lostAfterMs } = engine.settings;
  const { record } = node;
  node.watched = false;
  if (record.contact === "lost") return;
  const isUnknown = record.contact === "unknown";
  const dueAt = node.heardAt + unknownAfterMs + (isUnknown ? lostAfterMs : 0);
  if (engine.now < dueAt) {
    node.watched = true;
    engine.timers.add(dueAt, { timer: "contact", node: record.number });
    return;
  }
  if (!isUnknown) {
    setContact(engine, node, "unknown");
    groupsLoseContact(engine, node);
    watchUntilLost(engine, node);
    return;
  }
  giveUp(engine, node);
}

function watchUntilLost(engine: Engine, node: Node): void {
  const { unknownAfterMs, lostAfterMs } = engine.settings;
  node.watched = true;
  engine.timers.add(node.heardAt + unknownAfterMs + lostAfterMs, {
    timer: "contact",
    node: node.record.number,
  });
}

/** Its executions are declared lost; its tasks are recovered elsewhere. */
function giveUp(engine: Engine, node: Node): void {
  setContact(engine, node, "lost");
  loseAllWork(engine, node, `Contact with node ${node.record.id} was lost`, "unknown");
}

/** Every execution on the node is given up; `unknown` ones of groups may be spared, which wait for as long as they say. */
export function loseAllWork(
  engine: Engine,
  node: Node,
  reason: string,
  spare: "none" | "unknown",
): void {
  losePreparations(engine, node);
  for (const number of [...node.executions]) {
    const live = engine.executions.get(number);
    if (live === undefined || (spare === "unknown" && live.execution.state === "unknown")) continue;
    executionLost(engine, live, reason);
  }
}

/**
 * A preparation that did not finish has to run again, when a task comes here the next time (Azure Batch 5.4). Tasks that
 * waited for it are recovered by whoever calls.
 */
export function losePreparations(engine: Engine, node: Node): void {
  for (const nodeJob of node.jobs.values()) {
    const { preparation } = nodeJob;
    if (preparation?.state !== "running") continue;
    const job = engine.jobs.get(nodeJob.job);
    if (job === undefined) continue;
    const waiters = waitersOn(engine, job, node);
    dropSpecial(engine, job, preparation.execution);
    nodeJob.preparation = null;
    saveNodeJob(engine, nodeJob);
    for (const live of waiters) {
      executionLost(engine, live, `Preparation on node ${node.record.id} was interrupted`);
    }
    engine.touchedJobs.add(job.record.number);
  }
}
