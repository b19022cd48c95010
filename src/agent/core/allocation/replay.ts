import type { JournalEntry } from "../contract.ts";
import { groupOrder } from "../held.ts";
import { type AgentMachine, type Execution, newExecution } from "../machine.ts";
import type { AllocationRun, MemberRun } from "./run.ts";

type AllocationEntry = Extract<
  JournalEntry,
  { entry: "allocated" | "allocation" | "member" | "memberKey" | "contact" }
>;

/** Applies a journal entry about groups. */
export function replayAllocation(machine: AgentMachine, entry: AllocationEntry): void {
  switch (entry.entry) {
    case "memberKey":
      machine.nextMemberKey = Math.max(machine.nextMemberKey, entry.next);
      return;
    case "contact":
      machine.contactLostAt = entry.lostAt;
      return;
    case "allocated": {
      const execution = machine.executions.get(entry.execution);
      if (execution?.life.phase !== "ordered") return;
      execution.life = { phase: "allocated", run: entry.run };
      for (const member of entry.run.members) replaceProcess(machine, execution, null, member);
      return;
    }
    case "allocation":
    case "member": {
      const execution = machine.executions.get(entry.execution);
      if (execution?.life.phase !== "allocated") return;
      const { run } = execution.life;
      if (entry.entry === "allocation") {
        execution.life = { phase: "allocated", run: { ...run, head: entry.head } };
      } else {
        execution.life = { phase: "allocated", run: withMember(machine, execution, run, entry) };
      }
      return;
    }
  }
}

function withMember(
  machine: AgentMachine,
  execution: Execution,
  run: AllocationRun,
  { member }: Extract<JournalEntry, { entry: "member" }>,
): AllocationRun {
  const members = run.members.map((present) => {
    if (present.state.member !== member.state.member) return present;
    replaceProcess(machine, execution, present, member);
    return member;
  });
  return { ...run, members };
}

/** Ends the process that the member had, and makes the one that it has now. */
function replaceProcess(
  machine: AgentMachine,
  execution: Execution,
  before: MemberRun | null,
  member: MemberRun,
): void {
  const key = member.process;
  const earlier = before?.process ?? null;
  if (earlier === key) return;
  if (earlier !== null) machine.memberProcesses.delete(earlier);
  const order = groupOrder(execution.order);
  if (key === null || order === null) return;
  machine.nextMemberKey = Math.max(machine.nextMemberKey, key + 1);
  const processNumber = member.processCount;
  const process = { order, member: member.state.member, key, processNumber };
  const { sequence, orderedAt } = execution;
  machine.memberProcesses.set(key, newExecution(order, process, sequence, orderedAt));
}
