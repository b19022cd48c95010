import { formatDuration } from "../../model/duration.ts";
import type {
  ExecutionRecord,
  ExecutionResult,
  OutputInfo,
  ProcessOutcome,
  ProcessRecord,
} from "../../model/execution.ts";
import type { FailureInfo } from "../../model/failure.ts";
import { isoTime } from "../../model/time.ts";
import type { Execution } from "../../protocol/api/answer/execution.ts";
import { failureView } from "./command.ts";
import { present, timeOf } from "./present.ts";
import { executionUrl } from "./url.ts";

type ProcessJson = NonNullable<Execution["processes"]>[number];
type OutputJson = NonNullable<Execution["stdout"]>;

export function executionView(
  execution: ExecutionRecord,
  ids: { readonly jobId: string; readonly taskId: string },
): Execution {
  return {
    number: execution.number,
    url: executionUrl(execution.number),
    jobId: ids.jobId,
    taskId: ids.taskId,
    ordinal: execution.ordinal,
    nodeId: execution.nodeId,
    state: execution.state,
    ...present({ stopReason: execution.stopReason }),
    assignedTime: isoTime(execution.assignedAt),
    ...present({ startTime: timeOf(execution.startedAt), endTime: timeOf(execution.endedAt) }),
    ...(execution.result === null ? {} : resultView(execution.result)),
  };
}

function resultView(result: ExecutionResult) {
  return {
    processes:
      result.processes.length > 0 ? result.processes.map(processView) : [noProcess(result)],
    stdout: outputView(result.stdout),
    stderr: outputView(result.stderr),
  };
}

/** The start that came to nothing, and why. */
function noProcess({ outcome, endedAt }: ExecutionResult): ProcessJson {
  return { member: "main", number: 1, ...outcomeView(outcome), endTime: isoTime(endedAt) };
}

function processView(process: ProcessRecord): ProcessJson {
  const { member, number, outcome, peakMemoryBytes, cpuMs } = process;
  return {
    member,
    number,
    ...outcomeView(outcome),
    ...present({ startTime: timeOf(process.startedAt) }),
    endTime: isoTime(process.endedAt),
    ...present({ peakMemoryBytes, cpuTime: cpuMs === null ? null : formatDuration(cpuMs) }),
  };
}

const EXIT_CODE_UNKNOWN: FailureInfo = {
  category: "servererror",
  code: "ExitCodeUnknown",
  message: "The process ended and nobody saw how: its shim, or the whole node, was gone.",
};

function outcomeView(outcome: ProcessOutcome): Omit<ProcessJson, "member" | "number" | "endTime"> {
  switch (outcome.state) {
    case "exited":
      return { state: "exited", exitCode: outcome.exitCode };
    case "killed":
      return { state: "killed", signal: outcome.signal, ...present({ reason: outcome.reason }) };
    case "failedToStart":
      return { state: "failedToStart", failureInfo: failureView(outcome.failure) };
    case "unseen":
      return { state: "unseen", failureInfo: failureView(EXIT_CODE_UNKNOWN) };
  }
}

const KEPT = { inline: "result", blob: "blob", node: "node", empty: "empty" } as const;

function outputView(output: OutputInfo): OutputJson {
  const { sizeBytes, droppedBytes, place } = output;
  return { sizeBytes, droppedBytes, kept: KEPT[place.kind] };
}
