import type { HeldExecution, StartOrder } from "../../model/order.ts";
import type { GroupOrder, ProcessKey } from "./contract.ts";
import { isMemberKey } from "./contract.ts";
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
    case "allocated": {
      const { startedAt } = life.run.head;
      return { state: startedAt === null ? "accepted" : "running", startedAt };
    }
    case "ended":
      return { state: "ended", startedAt: life.result.startedAt };
  }
}

/**
 * After the replay and before `recovered`: the processes that may have been started and whose exit the journal
 * does not have; the runtime asks the shims about them.
 */
export function processesInDoubt(machine: AgentMachine): ProcessKey[] {
  const all = [...machine.executions.values(), ...machine.memberProcesses.values()];
  return all
    .filter(({ life }) => life.phase === "starting" || life.phase === "running")
    .map(({ key }) => key);
}

/** The execution, or the process of a member, that is known by the key. */
export function heldProcess(machine: AgentMachine, key: ProcessKey): Execution | undefined {
  return isMemberKey(key) ? machine.memberProcesses.get(key) : machine.executions.get(key);
}

/** The order as one of a group; null: it is one of a task. */
export function groupOrder(order: StartOrder): GroupOrder | null {
  return isOfGroup(order) ? order : null;
}

function isOfGroup(order: StartOrder): order is GroupOrder {
  return order.allocation !== undefined;
}

/** Orders whose execution has not ended: their directories must be left alone. */
export function unendedOrders(machine: AgentMachine): StartOrder[] {
  return ordersWhere(machine, ({ life }) => life.phase !== "ended");
}

function ordersWhere(machine: AgentMachine, wanted: (execution: Execution) => boolean) {
  return [...machine.executions.values()].filter(wanted).map(({ order }) => order);
}

/** How far it has come; null: not held (never ordered, or its result is in the server's store). */
export function phaseOf(machine: AgentMachine, key: ProcessKey): Life["phase"] | null {
  return heldProcess(machine, key)?.life.phase ?? null;
}
