import type { AgentMachine, Execution, Step } from "../machine.ts";
import { record } from "../replay.ts";
import { runOf } from "./change.ts";
import { stopOnClientAfterMs } from "./due.ts";

/** Writes down since when there is no server, if the group wants to know; true: it was written. */
export function noteContact(step: Step, execution: Execution): boolean {
  const { machine, now } = step;
  if (machine.session !== null || machine.contactLostAt !== null) return false;
  if (stopOnClientAfterMs(execution) === null) return false;
  record(step, { entry: "contact", lostAt: now });
  return true;
}

/** There is a server again. */
export function onContact(step: Step): void {
  if (step.machine.contactLostAt === null) return;
  record(step, { entry: "contact", lostAt: null });
  onContactChanged(step);
}

/** There is none any more, or one again: when groups that want to stop for it come due is not what it was. */
export function onContactChanged(step: Step): void {
  for (const execution of groupsThatStop(step.machine)) {
    step.notices.push({ notice: "due", execution });
  }
}

function groupsThatStop(machine: AgentMachine): Execution[] {
  return [...machine.executions.values()].filter(
    (execution) => runOf(execution) !== null && stopOnClientAfterMs(execution) !== null,
  );
}
