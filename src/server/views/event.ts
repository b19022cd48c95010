import { type EventRecord, isTaskEvent, type TaskEvent } from "../../model/event.ts";
import { isoTime } from "../../model/time.ts";
import type { EventEnvelope } from "../../protocol/api/answer/event.ts";
import { present, timeOf } from "./present.ts";

type Body = Record<string, unknown>;

/** The body of an event as Azure Batch documents it, its fields in the documented order (1.4 to 1.7). */
export function eventBody(event: EventRecord): Body {
  if (!isTaskEvent(event)) return { ...event.body };
  return { ...taskFields(event), ...lastField(event) };
}

function taskFields(event: TaskEvent): Body {
  return {
    jobId: event.jobId,
    id: event.taskId,
    taskType: event.taskType,
    systemTaskVersion: event.systemTaskVersion,
    requiredSlots: event.requiredSlots,
    nodeInfo: { poolId: event.poolId, nodeId: event.nodeId },
    multiInstanceSettings: { numberOfInstances: event.numberOfInstances },
    constraints: { maxTaskRetryCount: event.maxTaskRetryCount },
  };
}

function lastField(event: TaskEvent): Body {
  switch (event.type) {
    case "TaskStartEvent":
      return { executionInfo: { retryCount: event.retryCount } };
    case "TaskCompleteEvent":
    case "TaskFailEvent":
      return { executionInfo: endOf(event) };
    case "TaskScheduleFailEvent":
      return { schedulingError: schedulingErrorOf(event) };
  }
}

function endOf(event: TaskEvent): Body {
  return {
    ...present({ startTime: timeOf(event.startedAt), endTime: timeOf(event.endedAt) }),
    ...present({ exitCode: event.exitCode }),
    retryCount: event.retryCount,
    requeueCount: event.requeueCount,
  };
}

function schedulingErrorOf({ schedulingError }: TaskEvent): Body {
  if (schedulingError === null) return {};
  const { category, code, message } = schedulingError;
  return { category, code, message };
}

/** What the event is about, as a path. */
function resourceIdOf(event: EventRecord): string {
  if (isTaskEvent(event)) return `/jobs/${event.jobId}/tasks/${event.taskId}`;
  return event.jobId === null ? `/pools/${event.poolId}` : `/jobs/${event.jobId}`;
}

/** An event in its envelope. */
export function eventView(event: EventRecord): EventEnvelope {
  return {
    sequence: event.sequence,
    time: isoTime(event.at),
    operationName: event.type,
    category: "ServiceLog",
    resourceId: resourceIdOf(event),
    properties: eventBody(event),
  };
}
