import { expect, test } from "bun:test";
import type { TaskEvent } from "../../model/event.ts";
import { eventBody, eventView } from "./event.ts";

const EVENT: TaskEvent = {
  sequence: 7,
  at: Date.UTC(2016, 8, 8, 16, 32, 23, 799),
  type: "TaskStartEvent",
  jobId: "myJob",
  taskId: "myTask",
  taskType: "User",
  systemTaskVersion: 220192842,
  requiredSlots: 1,
  poolId: "pool-001",
  nodeId: "tvm-257509324_1-20160908t162728z",
  numberOfInstances: 1,
  maxTaskRetryCount: 2,
  retryCount: 0,
  requeueCount: 0,
  startedAt: null,
  endedAt: null,
  exitCode: null,
  schedulingError: null,
};

// The two bodies of a task start event that Azure Batch's documentation shows, as they stand there.
const PUBLISHED_REST = `"nodeInfo": {
        "poolId": "pool-001",
        "nodeId": "tvm-257509324_1-20160908t162728z"
    },
    "multiInstanceSettings": {
        "numberOfInstances": 1
    },
    "constraints": {
        "maxTaskRetryCount": 2
    },
    "executionInfo": {
        "retryCount": 0
    }
}`;
const PUBLISHED = `{
    "jobId": "myJob",
    "id": "myTask",
    "taskType": "User",
    "systemTaskVersion": 220192842,
    "requiredSlots": 1,
    ${PUBLISHED_REST}`;
const PUBLISHED_BEFORE_SLOTS = `{
    "jobId": "job-0000000001",
    "id": "task-5",
    "taskType": "User",
    "systemTaskVersion": 0,
    ${PUBLISHED_REST}`;

test("a start event is the published body, letter for letter", () => {
  expect(JSON.stringify(eventBody(EVENT), null, 4)).toBe(PUBLISHED);
});

test("a start event is the older published body but for requiredSlots, in its order", () => {
  const event = { ...EVENT, jobId: "job-0000000001", taskId: "task-5", systemTaskVersion: 0 };
  const { requiredSlots, ...rest } = eventBody(event);
  expect(requiredSlots).toBe(1);
  expect(JSON.stringify(rest, null, 4)).toBe(PUBLISHED_BEFORE_SLOTS);
});

const ENDED = { startedAt: EVENT.at, endedAt: EVENT.at + 1000, exitCode: 1, requeueCount: 3 };
const COMMON =
  '{"jobId":"myJob","id":"myTask","taskType":"User","systemTaskVersion":220192842,"requiredSlots":1,' +
  '"nodeInfo":{"poolId":"pool-001","nodeId":"tvm-257509324_1-20160908t162728z"},' +
  '"multiInstanceSettings":{"numberOfInstances":1},"constraints":{"maxTaskRetryCount":2}';

test("complete and fail events carry the run's times, exit code and counters, in the documented order", () => {
  for (const type of ["TaskCompleteEvent", "TaskFailEvent"] as const) {
    expect(JSON.stringify(eventBody({ ...EVENT, ...ENDED, type }))).toBe(
      `${COMMON},"executionInfo":{"startTime":"2016-09-08T16:32:23.799Z",` +
        `"endTime":"2016-09-08T16:32:24.799Z","exitCode":1,"retryCount":0,"requeueCount":3}}`,
    );
  }
});

test("a task that ran no process has no exit code", () => {
  const event = { ...EVENT, ...ENDED, exitCode: null, type: "TaskFailEvent" } as const;
  expect(eventBody(event)["executionInfo"]).not.toHaveProperty("exitCode");
});

test("a schedule-fail event has the scheduling error in place of the execution", () => {
  const event = {
    ...EVENT,
    type: "TaskScheduleFailEvent",
    schedulingError: {
      category: "UserError",
      code: "JobPreparationTaskFailed",
      message: "An error occurred when running the job preparation task",
    },
  } as const;
  expect(JSON.stringify(eventBody(event))).toBe(
    `${COMMON},"schedulingError":{"category":"UserError","code":"JobPreparationTaskFailed",` +
      `"message":"An error occurred when running the job preparation task"}}`,
  );
});

test("any other event is the body it was stored with", () => {
  const event = {
    sequence: 8,
    at: EVENT.at,
    type: "PoolDeleteStartEvent",
    jobId: null,
    poolId: "pool-001",
    body: { id: "pool-001" },
  } as const;
  expect(eventView(event)).toEqual({
    sequence: 8,
    time: "2016-09-08T16:32:23.799Z",
    operationName: "PoolDeleteStartEvent",
    category: "ServiceLog",
    resourceId: "/pools/pool-001",
    properties: { id: "pool-001" },
  });
  const special = { ...event, type: "SpecialTaskEvent", jobId: "myJob" } as const;
  expect(eventView(special).resourceId).toBe("/jobs/myJob");
  expect(eventView(EVENT).resourceId).toBe("/jobs/myJob/tasks/myTask");
});
