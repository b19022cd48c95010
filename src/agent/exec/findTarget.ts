import type { ExecutionNumber } from "../../model/id.ts";
import type { StartOrder } from "../../model/order.ts";
import type { AgentMachine, Execution } from "../core/machine.ts";
import type { MemberWork } from "../memberWork.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "./enteredCommand.ts";
import type { EnterTarget } from "./sessions.ts";

interface Enterable {
  readonly members: Pick<MemberWork, "enter">;
  readonly tasks: {
    enter(order: StartOrder, wish: EnterWish): Promise<EnteredCommand | EnterFailure>;
  };
}

/** The process that runs now for the member, or for the task if no member is named; null: none does. */
export function findTarget(
  machine: AgentMachine,
  { members, tasks }: Enterable,
  execution: ExecutionNumber,
  member: string | null,
): EnterTarget | null {
  if (member === null) {
    const found = machine.executions.get(execution);
    if (found === undefined || !isRunning(found)) return null;
    return { key: found.key, enter: (wish) => tasks.enter(found.order, wish) };
  }
  for (const found of machine.memberProcesses.values()) {
    const { process, order, key } = found;
    if (order.execution !== execution || process?.member !== member || !isRunning(found)) continue;
    return { key, enter: (wish) => members.enter(process, wish) };
  }
  return null;
}

function isRunning({ life }: Execution): boolean {
  return life.phase === "running";
}
