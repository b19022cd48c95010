import type { EventType } from "../../model/event.ts";
import type { ExecutionState, StopReason } from "../../model/execution.ts";
import type { TaskResult, TaskState } from "../../model/task.ts";

/** Small numbers in place of words in the large tables. A number is never given to another word. */
export interface Code<Word extends string> {
  readonly numberOf: Readonly<Record<Word, number>>;
  /** Throws for a number that no word has. */
  wordOf(number: number): Word;
}

function code<Word extends string>(numberOf: Readonly<Record<Word, number>>): Code<Word> {
  const words: (Word | undefined)[] = [];
  for (const word in numberOf) words[numberOf[word]] = word;
  return {
    numberOf,
    wordOf: (number) => {
      const word = words[number];
      if (word === undefined) throw new Error(`no word has the code ${number}`);
      return word;
    },
  };
}

export const TASK_STATE = code<TaskState>({ active: 0, preparing: 1, running: 2, completed: 3 });

export const TASK_RESULT = code<TaskResult>({ success: 0, failure: 1 });

export const EXECUTION_STATE = code<ExecutionState>({
  assigned: 0,
  preparing: 1,
  running: 2,
  stopping: 3,
  ended: 4,
  unknown: 5,
  lost: 6,
});

export const STOP_REASON = code<StopReason>({
  terminated: 0,
  jobEnded: 1,
  deleted: 2,
  requeued: 3,
  nodeTaken: 4,
  superseded: 5,
  unwanted: 6,
  replaced: 7,
});

export const EVENT_TYPE = code<EventType>({
  TaskStartEvent: 0,
  TaskCompleteEvent: 1,
  TaskFailEvent: 2,
  TaskScheduleFailEvent: 3,
  SpecialTaskEvent: 4,
  PoolCreateEvent: 5,
  PoolResizeStartEvent: 6,
  PoolResizeCompleteEvent: 7,
  PoolDeleteStartEvent: 8,
  PoolDeleteCompleteEvent: 9,
  ExecStartEvent: 10,
  ExecEndEvent: 11,
  DeploymentEndEvent: 12,
  DeploymentPromoteEvent: 13,
  JobRevertEvent: 14,
  RollingRunEvent: 15,
  TaskInstanceStartEvent: 16,
  TaskInstanceRerunEvent: 17,
  TaskInstanceCompleteEvent: 18,
  NextTaskSkipEvent: 19,
  ScheduleSkipEvent: 20,
});
