import type {
  ExecutionResult,
  OutputInfo,
  ProcessOutcome,
  ProcessRecord,
} from "../../model/execution.ts";
import type { FailureInfo } from "../../model/failure.ts";
import type { StartOrder } from "../../model/order.ts";
import { isoTime } from "../../model/time.ts";
import type { ProcessExit } from "./contract.ts";
import type { Life, OutputStream, Stopping } from "./machine.ts";

const SIGTERM = 15;
const SIGKILL = 9;

const NO_OUTPUT: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };

/** How the process ended, with the first cause: once a stop was ordered, every end is that stop's. */
export function outcomeOf(exit: ProcessExit, stopping: Stopping | null): ProcessOutcome {
  const { outcome } = exit;
  switch (outcome.state) {
    case "unseen":
      return { state: "unseen" };
    case "signaled":
      return { state: "killed", signal: outcome.signal, reason: stopping?.reason ?? null };
    case "exited": {
      if (stopping === null) return { state: "exited", exitCode: outcome.exitCode };
      const killed = exit.endedAt >= stopping.at + stopping.graceMs;
      return { state: "killed", signal: killed ? SIGKILL : SIGTERM, reason: stopping.reason };
    }
  }
}

/** The result of an execution whose process has ended. */
export function resultOfExit(
  order: StartOrder,
  life: Extract<Life, { phase: "exited" }>,
  stopping: Stopping | null,
  output: { readonly stdout: OutputInfo; readonly stderr: OutputInfo },
): ExecutionResult {
  const { exit } = life;
  const outcome = outcomeOf(exit, stopping);
  const startedAt = life.startedAt ?? startFromDuration(exit);
  const record: ProcessRecord = {
    member: order.members[0]?.name ?? "main",
    number: 1,
    outcome,
    startedAt,
    endedAt: exit.endedAt,
    peakMemoryBytes: exit.peakMemoryBytes,
    cpuMs: exit.cpuMs,
  };
  const { stdout, stderr } = output;
  return { processes: [record], outcome, startedAt, endedAt: exit.endedAt, stdout, stderr };
}

function startFromDuration(exit: ProcessExit): number | null {
  return exit.durationMs === null ? null : exit.endedAt - exit.durationMs;
}

/** The result of an execution of which no process ran, or nobody knows of one. */
export function resultWithoutProcess(outcome: ProcessOutcome, endedAt: number): ExecutionResult {
  return {
    processes: [],
    outcome,
    startedAt: null,
    endedAt,
    stdout: NO_OUTPUT,
    stderr: NO_OUTPUT,
  };
}

export function streamsToUpload(result: ExecutionResult): readonly OutputStream[] {
  const streams: OutputStream[] = ["stdout", "stderr"];
  return streams.filter((stream) => result[stream].place.kind === "node");
}

/** Both instants are of the same clock. */
export function cameTooLate(startBefore: number, now: number): FailureInfo {
  return {
    category: "servererror",
    code: "StartTooLate",
    message:
      `The start came too late: expected it until ${isoTime(startBefore)}, ` +
      `given it at ${isoTime(now)}; nothing was started. Run it again if it is still wanted.`,
  };
}

export function stoppedBeforeStart(): FailureInfo {
  return {
    category: "usererror",
    code: "TaskEnded",
    message: "Stopped before its process started.",
  };
}

export function wallClockBeforeStart(maxWallClockMs: number): FailureInfo {
  return {
    category: "usererror",
    code: "TaskEnded",
    message:
      `Expected preparation and process to end within ${maxWallClockMs} ms (maxWallClockMs), ` +
      "given no started process by then. Raise the bound, or bring fewer or smaller resource files.",
  };
}

export function withoutMembers(): FailureInfo {
  return {
    category: "servererror",
    code: "CommandLaunchFailed",
    message: "Expected a start order with one member, given none; nothing was started.",
  };
}
