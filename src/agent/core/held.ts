import type { ExecutionNumber } from "../../model/id.ts";
import type { HeldExecution, StartOrder } from "../../model/order.ts";
import type { AgentMachine, Execution, Life } from "./machine.ts";

/**
 * For hello: everything that the server has not acknowledged the end of. What it has let go of is not in it, for the
 * settle table has nothing more to say about that.
 */
export function heldExecutions(machine: AgentMachine): HeldExecution[] {
  const held: HeldExecution[] = [];
  for (const { order, life, discarded } of machine.executions.values()) {
    if (discarded || (life.phase === "ended" && life.acknowledged)) continue;
    held.push({ execution: order.execution, ...heldState(life) });
  }
  return held;
}

function heldState(life: Life): Pick<HeldExecution, "state" | "startedAt"> {
  switch (life.phase) {
    case "ordered":
    case "starting":
      return { state: "accepted", startedAt: null };
    case "running":
    case "exited":
      return { state: "running", startedAt: life.startedAt };
    case "ended":
      return { state: "ended", startedAt: life.result.startedAt };
  }
}

/**
 * After the replay and before `recovered`: the orders whose process may have been started and whose exit the journal
 * does not have; the runtime asks the shims about them.
 */
export function ordersInDoubt(machine: AgentMachine): StartOrder[] {
  return ordersWhere(machine, ({ life }) => life.phase === "starting" || life.phase === "running");
}

/** Orders whose execution has not ended: their directories must be left alone. */
export function unendedOrders(machine: AgentMachine): StartOrder[] {
  return ordersWhere(machine, ({ life }) => life.phase !== "ended");
}

function ordersWhere(machine: AgentMachine, wanted: (execution: Execution) => boolean) {
  return [...machine.executions.values()].filter(wanted).map(({ order }) => order);
}

/** How far the execution has come; null: not held (never ordered, or its result is in the server's store). */
export function phaseOf(machine: AgentMachine, number: ExecutionNumber): Life["phase"] | null {
  return machine.executions.get(number)?.life.phase ?? null;
}
