import { kindOf } from "../../../policy/lifecycle.ts";
import { groupOrder } from "../held.ts";
import type { AgentMachine, Execution } from "../machine.ts";
import { isAdmitted, isDead, type Member, membersOf } from "./kinds.ts";
import { mayRun, processOf } from "./processes.ts";
import type { AllocationRun } from "./run.ts";
import { nextToKill } from "./wave.ts";

/** When the group needs attention by itself; null: never, until something happens. */
export function allocationDueAt(
  machine: AgentMachine,
  execution: Execution,
  run: AllocationRun,
): number | null {
  const order = groupOrder(execution.order);
  if (order === null) return null;
  const members = membersOf(order.allocation.group, run);
  const times = [
    ...members.map((member) => startDueAt(run, member)),
    ...members.map((member) => signalDueAt(machine, member)),
    killDueAt(run, members),
    endingDueAt(machine, execution, run, members),
    execution.watch?.pollAt ?? null,
    execution.watch?.healthDueAt ?? null,
  ];
  const due = times.filter((at) => at !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/** A member that waits for its restart. */
export function startDueAt({ head }: AllocationRun, { spec, run }: Member): number | null {
  const { state, nextAt } = run.state;
  if (state !== "pending" || run.process !== null) return null;
  if (!isAdmitted(head.stage, kindOf(spec))) return null;
  if (head.ending !== null && head.stage !== "poststop") return null;
  return nextAt ?? 0;
}

/** A member whose process is to be told to end: to begin anew, or when its shutdown delay is over. */
export function signalDueAt(machine: AgentMachine, { run }: Member): number | null {
  const process = processOf(machine, run);
  if (process === undefined || !mayRun(process) || process.stopping !== null) return null;
  if (run.restarting !== null) return 0;
  return run.killing?.signalAt ?? null;
}

/** The group's shutdown delay. */
function killDueAt({ head }: AllocationRun, members: readonly Member[]): number | null {
  if (head.ending === null) return null;
  return nextToKill(members).length === 0 ? null : head.ending.killFrom;
}

function endingDueAt(
  machine: AgentMachine,
  execution: Execution,
  run: AllocationRun,
  members: readonly Member[],
): number | null {
  if (run.head.ending !== null || run.head.stage === "poststop" || members.every(isDead)) {
    return null;
  }
  const expiresAt = expiryOf(execution, run);
  const givenUpAt = givenUpAtOf(machine, execution);
  if (expiresAt === null || givenUpAt === null) return expiresAt ?? givenUpAt;
  return Math.min(expiresAt, givenUpAt);
}

/** When the group has run for as long as it may; null: it may run for ever, or does not run yet. */
export function expiryOf(execution: Execution, { head }: AllocationRun): number | null {
  const lengthMs = groupOrder(execution.order)?.allocation.group.maxRunDurationMs ?? null;
  const from = execution.watch?.startedFrom ?? head.startedAt;
  return lengthMs === null || from === null ? null : from + lengthMs;
}

/** When it has been without a server for too long; null: there is one, or it does not matter. */
export function givenUpAtOf(machine: AgentMachine, execution: Execution): number | null {
  const afterMs = stopOnClientAfterMs(execution);
  const { contactLostAt } = machine;
  return afterMs === null || contactLostAt === null ? null : contactLostAt + afterMs;
}

export function stopOnClientAfterMs(execution: Execution): number | null {
  return groupOrder(execution.order)?.allocation.group.disconnect.stopOnClientAfterMs ?? null;
}
