import type { AgentMachine, DirectoryName, Execution, Removal } from "./machine.ts";

/** Ids have no `/`. */
export function directoryKey(directory: DirectoryName): string {
  return `${directory.jobId}/${directory.taskId}`;
}

/** Held executions of the directory, in order of arrival. */
export function executionsIn(
  machine: AgentMachine,
  directory: DirectoryName,
): readonly Execution[] {
  return machine.byDirectory.get(directoryKey(directory)) ?? [];
}

export function addToDirectory(machine: AgentMachine, execution: Execution): void {
  const key = directoryKey(execution.order);
  const present = machine.byDirectory.get(key);
  if (present === undefined) machine.byDirectory.set(key, [execution]);
  else present.push(execution);
}

export function removeFromDirectory(machine: AgentMachine, execution: Execution): void {
  const key = directoryKey(execution.order);
  const rest = (machine.byDirectory.get(key) ?? []).filter((other) => other !== execution);
  if (rest.length === 0) machine.byDirectory.delete(key);
  else machine.byDirectory.set(key, rest);
}

export function retentionOf(machine: AgentMachine, directory: DirectoryName): number | undefined {
  return machine.retained.get(directory.jobId)?.get(directory.taskId);
}

export function setRetention(
  machine: AgentMachine,
  jobId: string,
  taskId: string,
  expiresAt: number,
): void {
  cancelRetention(machine, jobId, taskId);
  const job = machine.retained.get(jobId) ?? new Map<string, number>();
  machine.retained.set(jobId, job.set(taskId, expiresAt));
  machine.retainedCount++;
}

export function cancelRetention(machine: AgentMachine, jobId: string, taskId: string): void {
  const job = machine.retained.get(jobId);
  if (job?.delete(taskId) !== true) return;
  machine.retainedCount--;
  if (job.size === 0) machine.retained.delete(jobId);
}

export function forgetJobDirectories(machine: AgentMachine, jobId: string): void {
  machine.retainedCount -= machine.retained.get(jobId)?.size ?? 0;
  machine.retained.delete(jobId);
}

/** Whether a process may still write into its directory, or preparation may begin to. */
function usesDirectory(execution: Execution): boolean {
  return execution.life.phase !== "ended";
}

/**
 * Whether something that arrived earlier still uses or removes the execution's directory. Waiting goes by arrival
 * alone, so nobody waits in a circle.
 */
export function isBlocked(machine: AgentMachine, execution: Execution): boolean {
  const { order, sequence } = execution;
  if (machine.removing.has(directoryKey(order))) return true;
  for (const other of executionsIn(machine, order)) {
    if (other.sequence < sequence && usesDirectory(other)) return true;
  }
  for (const removal of machine.removals.values()) {
    if (removal.state === "done") continue;
    if (removal.sequence < sequence && covers(removal, order)) return true;
  }
  return false;
}

/** Whether an execution that arrived before the removal still uses one of its directories. */
export function isRemovalBlocked(machine: AgentMachine, removal: Removal): boolean {
  for (const execution of executionsUnder(machine, removal)) {
    if (execution.sequence < removal.sequence && usesDirectory(execution)) return true;
  }
  return false;
}

/** Held executions whose directory the removal covers. */
export function executionsUnder(
  machine: AgentMachine,
  removal: Pick<Removal, "jobId" | "taskId">,
): readonly Execution[] {
  const { jobId, taskId } = removal;
  if (taskId !== null) return executionsIn(machine, { jobId, taskId });
  return [...machine.executions.values()].filter((execution) => execution.order.jobId === jobId);
}

function covers(removal: Removal, directory: DirectoryName): boolean {
  if (removal.jobId !== directory.jobId) return false;
  return removal.taskId === null || removal.taskId === directory.taskId;
}
