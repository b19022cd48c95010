import { allocationDueAt } from "../../agent/core/allocation/due.ts";
import { peekDue } from "../../agent/core/heap.ts";
import type { AgentMachine, Execution } from "../../agent/core/machine.ts";
import { executionDueAt, nextDueAt } from "../../agent/core/timers.ts";

/**
 * When the node's machine wants a tick, as nextDueAt; but where all checks pass, without the look at them that it takes
 * every second, which does nothing then: a day of it would take longer than everything else.
 */
export function calmDueAt(machine: AgentMachine): number | null {
  const polls = [...machine.executions.values()].some(
    ({ watch }) => (watch?.pollAt ?? null) !== null,
  );
  if (!polls) return nextDueAt(machine);
  const times = [
    ...[...machine.executions.values()].map((execution) => withoutPoll(machine, execution)),
    ...[...machine.memberProcesses.values()].map((process) => executionDueAt(machine, process)),
    peekDue(machine.directoryTimers)?.at ?? null,
  ].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function withoutPoll(machine: AgentMachine, execution: Execution): number | null {
  const { life, watch } = execution;
  if (life.phase !== "allocated" || watch === null) return executionDueAt(machine, execution);
  const { pollAt } = watch;
  watch.pollAt = null;
  const dueAt = allocationDueAt(machine, execution, life.run);
  watch.pollAt = pollAt;
  return dueAt;
}
