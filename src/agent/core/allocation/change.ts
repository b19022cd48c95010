import { groupOrder } from "../held.ts";
import type { Execution, Step } from "../machine.ts";
import { record } from "../replay.ts";
import { type Member, membersOf } from "./kinds.ts";
import type { AllocationHead, AllocationRun, MemberRun } from "./run.ts";
import { watchOf } from "./watch.ts";

/** Where the group stands; null: the execution is none, or it has not begun, or it is over. */
export function runOf(execution: Execution): AllocationRun | null {
  return execution.life.phase === "allocated" ? execution.life.run : null;
}

export function presentMembers(execution: Execution): Member[] {
  const run = runOf(execution);
  const order = groupOrder(execution.order);
  return run === null || order === null ? [] : membersOf(order.allocation.group, run);
}

export function presentMember(execution: Execution, name: string): Member | undefined {
  return presentMembers(execution).find(({ spec }) => spec.name === name);
}

/** Writes down how the member is from now on. */
export function changeMember(step: Step, execution: Execution, member: MemberRun): void {
  record(step, { entry: "member", execution: execution.key, member });
  watchOf(execution).isChanged = true;
}

export function changeHead(
  step: Step,
  execution: Execution,
  change: Partial<AllocationHead>,
): void {
  const run = runOf(execution);
  if (run === null) return;
  const head = { ...run.head, ...change };
  record(step, { entry: "allocation", execution: execution.key, head });
  watchOf(execution).isChanged = true;
}
