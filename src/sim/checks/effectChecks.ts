import type { Effect } from "../../engine/effect.ts";
import { nodeJobKey } from "../../model/nodeJob.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import type { World } from "../world.ts";
import type { Ledger } from "./ledger.ts";
import { demand } from "./violation.ts";

/** Effects follow from what is stored, and only from that. */
export function checkEffect(world: World, ledger: Ledger, effect: Effect): void {
  const { disk } = world;
  switch (effect.effect) {
    case "start":
      checkStart(world, ledger, effect);
      return;
    case "acknowledge": {
      const progress = disk.nodeProgress.get(effect.node);
      const isStored =
        progress === undefined ||
        progress.linkId !== effect.linkId ||
        progress.lastApplied >= effect.upTo;
      demand(isStored, "effectAfterCommit", () => {
        return `node ${effect.node} is told that reports up to ${effect.upTo} are stored; the store has ${progress?.lastApplied}`;
      });
      return;
    }
    case "provideNode":
      demand(disk.nodes.has(effect.node), "effectAfterCommit", () => {
        return `node ${effect.node} is asked of the provider and is not in the store`;
      });
      return;
    case "restart": {
      const asked = ledger.restartsAsked.get(effect.execution) ?? 0;
      ledger.restartsAsked.set(effect.execution, asked + 1);
      return;
    }
    case "stop":
    case "discard":
    case "remove":
    case "rebootNode":
    case "leave":
    case "removeNode":
      return;
  }
}

function checkStart(
  world: World,
  ledger: Ledger,
  effect: Extract<Effect, { effect: "start" }>,
): void {
  const { disk } = world;
  const { order, node } = effect;
  const { execution, kind } = order;
  // A node that is gone took everything with it; nobody gets the order.
  if (!disk.nodes.has(node)) return;
  const at = world.agenda.now;
  const firstAt = ledger.orders.get(execution)?.firstAt ?? at;
  if (kind === "task") {
    const record = disk.executions.get(execution);
    demand(record !== undefined, "effectAfterCommit", () => {
      return `execution ${execution} of ${order.jobId}/${order.taskId} starts and is not in the store`;
    });
    if (record === undefined) return;
    const { job, task } = record;
    const spec = disk.task(task)?.spec;
    ledger.orders.set(execution, {
      kind,
      job,
      task,
      node,
      slots: spec === undefined ? 0 : slotsOf(spec),
      firstAt,
      at,
    });
    return;
  }
  const job = disk.jobOfId(order.jobId.toLowerCase());
  const instance = job && disk.nodeJobs.get(nodeJobKey(node, job.number))?.[kind];
  demand(instance !== undefined && instance !== null, "effectAfterCommit", () => {
    return `${kind} ${execution} of ${order.jobId} starts and is not in the store`;
  });
  if (job === undefined) return;
  ledger.orders.set(execution, { kind, job: job.number, task: null, node, slots: 0, firstAt, at });
}
