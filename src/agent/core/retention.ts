import { RETENTION_DEFAULT_MS } from "../../model/limits.ts";
import type { NodeReport } from "./contract.ts";
import { directoryKey, executionsIn, executionsUnder, isRemovalBlocked } from "./directories.ts";
import type { Execution, OutputStream, Step } from "./machine.ts";
import { record } from "./replay.ts";
import { reportRemoved } from "./reports.ts";
import { armDirectory, takeDueDirectory } from "./timers.ts";

/** How long a directory whose output is still being uploaded is left alone before it is looked at again. */
const UPLOAD_RECHECK_MS = 60_000;

/** The server has these reports in its store. */
export function onReportsAcknowledged(step: Step, reports: readonly NodeReport[]): void {
  for (const message of reports) {
    if (message.kind === "removed")
      record(step, { entry: "removalConfirmed", removal: message.removal });
    if (message.kind !== "ended") continue;
    const execution = step.machine.executions.get(message.execution);
    if (execution !== undefined) finish(step, execution);
  }
}

/** Nothing is owed for the execution any more but uploads; its directory's retention begins. */
export function finish(step: Step, execution: Execution): void {
  // In this order: a crash that cuts the journal between the two must not leave a directory that nobody removes.
  retain(step, execution);
  record(step, { entry: "acknowledged", execution: execution.order.execution });
}

function retain(step: Step, execution: Execution): void {
  const { machine, now } = step;
  const { order, life, sequence } = execution;
  // A later execution took the directory over; its own end will retain it.
  if (executionsIn(machine, order).some((other) => other.sequence > sequence)) return;
  const endedAt = life.phase === "ended" ? life.result.endedAt : now;
  const wished = execution.discarded ? undefined : order.members[0]?.command.retentionMs;
  const expiresAt = Math.max(
    endedAt + (wished ?? RETENTION_DEFAULT_MS),
    now + machine.options.retentionMinMs,
  );
  const directory = { jobId: order.jobId, taskId: order.taskId };
  record(step, { entry: "retained", ...directory, expiresAt });
  armDirectory(machine, expiresAt, directory);
}

export function askUploads(step: Step, execution: Execution): void {
  const { life, order } = execution;
  if (life.phase !== "ended" || life.offsets === null) return;
  for (const stream of life.uploads) {
    const { offsets, result } = life;
    step.effects.push({
      effect: "upload",
      order,
      stream,
      offset: offsets[stream],
      output: result[stream],
    });
  }
}

export function onUploaded(step: Step, number: number, stream: OutputStream): void {
  const life = step.machine.executions.get(number)?.life;
  if (life?.phase !== "ended" || !life.uploads.includes(stream)) return;
  record(step, { entry: "uploaded", execution: number, stream });
}

/** The files are about to go: what was not uploaded by now never will be. */
export function giveUpUploads(step: Step, executions: readonly Execution[]): void {
  for (const { life, order } of executions) {
    if (life.phase !== "ended") continue;
    for (const stream of life.uploads) onUploaded(step, order.execution, stream);
  }
}

/** Removes directories whose retention is over. */
export function removeExpired(step: Step): void {
  const { machine, now } = step;
  for (;;) {
    const directory = takeDueDirectory(machine, now);
    if (directory === undefined) return;
    if (executionsIn(machine, directory).length > 0) {
      armDirectory(machine, now + UPLOAD_RECHECK_MS, directory);
      continue;
    }
    machine.removing.add(directoryKey(directory));
    step.effects.push({ effect: "removeDirectory", ...directory, removal: null });
  }
}

/** Asks for the ordered removals whose directories nobody uses any more. */
export function askRemovals(step: Step): void {
  const { machine } = step;
  for (const removal of machine.removals.values()) {
    if (removal.state !== "waiting" || isRemovalBlocked(machine, removal)) continue;
    removal.state = "asked";
    const { jobId, taskId } = removal;
    giveUpUploads(step, executionsUnder(machine, removal));
    step.effects.push({ effect: "removeDirectory", jobId, taskId, removal: removal.removal });
  }
}

export function onDirectoryRemoved(
  step: Step,
  jobId: string,
  taskId: string | null,
  removal: number | null,
): void {
  const { machine } = step;
  if (removal === null) {
    if (taskId === null || !machine.removing.delete(directoryKey({ jobId, taskId }))) return;
    record(step, { entry: "directoryRemoved", jobId, taskId });
    return;
  }
  const held = machine.removals.get(removal);
  if (held === undefined || held.state === "done") return;
  record(step, { entry: "directoryRemoved", jobId, taskId });
  record(step, { entry: "removalDone", removal });
  reportRemoved(machine, removal);
}
