import type { HeldExecution } from "../model/order.ts";
import { startOrder } from "./assign.ts";
import { hear, losePreparations, setContact, watch } from "./contact.ts";
import { groupsRegainContact } from "./groups/contactLoss.ts";
import type { NodeInput } from "./input.ts";
import { issueOrder, setLife } from "./nodeOrders.ts";
import { specialOrder } from "./preparation.ts";
import { checkReboot, endReboot, forgetRebootFailure } from "./reboot.ts";
import { effect, saveNode, saveNodeJob, saveNodeProgress } from "./record.ts";
import { beginRelease } from "./release.ts";
import { orderRemovals } from "./removal.ts";
import { wakePool } from "./ring.ts";
import type { Engine, LiveTask, Node } from "./state.ts";
import { executionLost, executionNeverRan, orderStop } from "./taskEnd.ts";

type Connected = NodeInput & { kind: "nodeConnected" };

/**
 * A node has connected and says what it holds: the settle table of DESIGN 2. Removals are ordered first, then what
 * the server let go of, then what both know, then what has to be sent again.
 */
export function nodeConnected(engine: Engine, input: Connected): void {
  const number = engine.nodesByGuid.get(input.guid);
  const node = number === undefined ? undefined : engine.nodes.get(number);
  if (node === undefined) return;
  const isNewBoot = node.record.bootId !== input.bootId;
  const isFirst = node.record.bootId === null;
  engine.outcome.settled.set(node.record.number, engine.outcome.effects.length);
  adopt(engine, node, input);
  const held = new Map(input.held.map((entry) => [entry.execution, entry]));
  if (isNewBoot && !isFirst) rebooted(engine, node, held);
  comeBack(engine, node, isNewBoot);
  orderRemovals(engine, node);
  discardUnwanted(engine, node, held);
  groupsRegainContact(engine, node, held);
  settleTasks(engine, node, held);
  settleSpecials(engine, node, held);
  issueOrder(engine, node);
  engine.touchedPools.add(node.record.pool);
}

function adopt(engine: Engine, node: Node, input: Connected): void {
  const { record } = node;
  hear(node, engine.now);
  if (record.bootId !== input.bootId) record.bootAt = engine.now;
  record.bootId = input.bootId;
  record.facts = input.facts;
  node.pool.candidates = null;
  if (input.slots > 0 && !record.provided) record.slots = Math.max(input.slots, node.usedSlots);
  if (node.progress.linkId !== input.linkId) {
    node.progress.linkId = input.linkId;
    node.progress.lastApplied = 0;
    saveNodeProgress(engine, node);
  }
  saveNode(engine, node);
}

/** Back from wherever it was: `creating` becomes joined, a reboot is over when the boot id has changed. */
function comeBack(engine: Engine, node: Node, isNewBoot: boolean): void {
  const { record } = node;
  setContact(engine, node, "connected");
  if (record.life === "creating") setLife(engine, node, "joined");
  if (isNewBoot) forgetRebootFailure(node);
  if (record.life === "rebooting" && isNewBoot && record.orderIssued) endReboot(engine, node);
  else checkReboot(engine, node);
  watch(engine, node);
  wakePool(engine, record.pool);
  engine.unsettledNodes.add(record.number);
  engine.runNodes.add(record.number);
}

/**
 * Another boot id, asked for or not: whatever ran is gone, unless the journal has its result. Failed preparations
 * are forgiven; running ones and releases begin again (Azure Batch 5.3-5.5).
 */
function rebooted(engine: Engine, node: Node, held: Map<number, HeldExecution>): void {
  losePreparations(engine, node);
  for (const number of [...node.executions]) {
    const live = engine.executions.get(number);
    if (live === undefined || held.get(number)?.state === "ended") continue;
    if (live.execution.state === "preparing") continue;
    executionLost(engine, live, `Node ${node.record.id} was rebooted`);
  }
  for (const nodeJob of node.jobs.values()) {
    const job = engine.jobs.get(nodeJob.job);
    if (job === undefined) continue;
    if (nodeJob.preparation?.state === "completed" && nodeJob.preparation.result === "failure") {
      nodeJob.preparation = null;
      job.barred.delete(node.record.number);
      saveNodeJob(engine, nodeJob);
    }
    if (
      nodeJob.release?.state === "running" &&
      held.get(nodeJob.release.execution)?.state !== "ended"
    ) {
      engine.specials.delete(nodeJob.release.execution);
      job.specials.delete(nodeJob.release.execution);
      beginRelease(engine, job, node);
    }
  }
}

/** What the server has let go of is stopped, and its result ignored. */
function discardUnwanted(engine: Engine, node: Node, held: Map<number, HeldExecution>): void {
  for (const execution of held.keys()) {
    const live = engine.executions.get(execution);
    const special = engine.specials.get(execution);
    const isHere =
      live?.execution.nodes.includes(node.record.number) === true || special?.node === node;
    if (isHere) continue;
    effect(engine, { effect: "discard", node: node.record.number, execution });
  }
}

function settleTasks(engine: Engine, node: Node, held: Map<number, HeldExecution>): void {
  for (const number of [...node.executions]) {
    const live = engine.executions.get(number);
    if (live === undefined || live.execution.state === "preparing") continue;
    if (held.has(number)) {
      if (live.execution.state === "stopping") orderStop(engine, live);
    } else {
      settleMissing(engine, live, node);
    }
  }
}

/** The node does not hold it: sent again if it never said that it had it, else lost. */
function settleMissing(engine: Engine, live: LiveTask, node: Node): void {
  switch (live.execution.state) {
    case "assigned":
      effect(engine, {
        effect: "start",
        node: node.record.number,
        order: startOrder(live, node),
      });
      return;
    case "stopping":
      executionNeverRan(engine, live);
      return;
    case "running":
      executionLost(engine, live, `Node ${node.record.id} does not know the execution any more`);
      return;
    case "preparing":
    case "ended":
    case "unknown":
    case "lost":
      return;
  }
}

function settleSpecials(engine: Engine, node: Node, held: Map<number, HeldExecution>): void {
  for (const nodeJob of node.jobs.values()) {
    const job = engine.jobs.get(nodeJob.job);
    if (job === undefined) continue;
    for (const kind of ["preparation", "release"] as const) {
      const instance = nodeJob[kind];
      if (instance?.state !== "running") continue;
      if (!held.has(instance.execution)) {
        const order = specialOrder(job, node, kind, instance.execution, instance.retryCount);
        effect(engine, { effect: "start", node: node.record.number, order });
      }
      if (instance.stopping) {
        effect(engine, {
          effect: "stop",
          node: node.record.number,
          execution: instance.execution,
          graceMs: engine.settings.stopGraceMs,
        });
      }
    }
  }
}
