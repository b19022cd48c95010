import type { AgentMachine, Execution } from "../machine.ts";
import type { AllocationRun, MemberRun } from "./run.ts";

/** The member's process under way; undefined: it has none. */
export function processOf(machine: AgentMachine, { process }: MemberRun): Execution | undefined {
  return process === null ? undefined : machine.memberProcesses.get(process);
}

/** The processes under way of a group's members. */
export function memberProcessesOf(machine: AgentMachine, run: AllocationRun): Execution[] {
  return run.members.flatMap((member) => processOf(machine, member) ?? []);
}

/** Whether a signal would reach it, now or when its start is seen. */
export function mayRun({ life }: Execution): boolean {
  return life.phase === "starting" || life.phase === "running";
}
