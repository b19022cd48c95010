import { expect, test } from "bun:test";
import type { ErrorDetail } from "./check.ts";
import {
  checkJob,
  JOB_PATCH,
  JOB_UPDATE,
  jobMistakes,
  toJobPatch,
  toJobReplacement,
} from "./job.ts";

const minimal = { id: "job1", poolInfo: { poolId: "pool1" } };
const preparation = { commandLine: "/bin/true" };

function errorOf(body: unknown): ErrorDetail {
  const checked = checkJob(body);
  if (checked.ok) throw new Error("Expected a refusal.");
  return checked.error;
}

test("a job of id and pool alone gets every default", () => {
  expect(checkJob(minimal)).toEqual({
    ok: true,
    value: {
      tasks: null,
      spec: {
        id: "job1",
        type: "batch",
        displayName: null,
        priority: 0,
        maxParallelTasks: -1,
        onAllTasksComplete: "noaction",
        maxWallClockMs: null,
        maxTaskRetryCount: 0,
        poolId: "pool1",
        preparation: null,
        release: null,
        commonEnvironmentSettings: [],
        metadata: [],
      },
    },
  });
});

test("preparation, release and tasks are taken over with their defaults", () => {
  const checked = checkJob({
    ...minimal,
    onAllTasksComplete: "TerminateJob",
    constraints: { maxWallClockTime: "1h", maxTaskRetryCount: 2 },
    jobPreparationTask: { commandLine: "/bin/prepare", constraints: { retentionTime: "P1D" } },
    jobReleaseTask: { commandLine: "/bin/release", maxWallClockTime: "5m" },
    tasks: [{ id: "t1", commandLine: "/bin/true" }],
  });
  if (!checked.ok) throw new Error(checked.error.message);
  const { spec, tasks } = checked.value;
  expect(spec.onAllTasksComplete).toBe("terminatejob");
  expect(spec.maxWallClockMs).toBe(3_600_000);
  expect(spec.preparation).toEqual({
    id: "jobpreparation",
    commandLine: "/bin/prepare",
    maxTaskRetryCount: 0,
    waitForSuccess: true,
    rerunOnNodeRebootAfterSuccess: true,
    retentionMs: 86_400_000,
  });
  expect(spec.release).toEqual({
    id: "jobrelease",
    commandLine: "/bin/release",
    maxWallClockMs: 300_000,
  });
  expect(tasks).toEqual([{ id: "t1", spec: { commandLine: "/bin/true" } }]);
});

// Each row: what is laid over a minimal job, then the code and field of the refusal.
const REFUSALS: readonly (readonly [Record<string, unknown>, string, string | undefined])[] = [
  [{ id: undefined }, "MissingRequiredProperty", "id"],
  [{ poolInfo: undefined }, "MissingRequiredProperty", "poolInfo"],
  [{ poolInfo: {} }, "MissingRequiredProperty", "poolInfo.poolId"],
  [{ id: "no spaces" }, "InvalidPropertyValue", "id"],
  [{ id: "x".repeat(65) }, "InvalidPropertyValue", "id"],
  [{ priority: 1001 }, "OutOfRangePriority", "priority"],
  [{ priority: "high" }, "InvalidPropertyValue", "priority"],
  [{ priority: 1.5 }, "OutOfRangePriority", "priority"],
  [{ maxParallelTasks: 0 }, "InvalidPropertyValue", "maxParallelTasks"],
  [{ onAllTasksComplete: "explode" }, "InvalidPropertyValue", "onAllTasksComplete"],
  [{ type: "service" }, "UnsupportedProperty", "type"],
  [{ metadata: [{ name: "", value: "x" }] }, "EmptyMetadataKey", "metadata[0].name"],
  [{ displayName: "x".repeat(1025) }, "InvalidPropertyValue", "displayName"],
  [
    { constraints: { maxWallClockTime: "soon" } },
    "InvalidConstraintValue",
    "constraints.maxWallClockTime",
  ],
  [
    { constraints: { maxTaskRetryCount: -2 } },
    "InvalidConstraintValue",
    "constraints.maxTaskRetryCount",
  ],
  [{ usesTaskDependencies: true }, "UnsupportedProperty", "usesTaskDependencies"],
  [{ jobManagerTask: {} }, "UnsupportedProperty", "jobManagerTask"],
  [{ prioritty: 5 }, "UnsupportedProperty", "prioritty"],
  [
    { poolInfo: { poolId: "p", autoPoolSpecification: {} } },
    "UnsupportedProperty",
    "poolInfo.autoPoolSpecification",
  ],
  [{ jobReleaseTask: { commandLine: "/bin/true" } }, "InvalidPropertyValue", "jobReleaseTask"],
  [
    {
      jobPreparationTask: preparation,
      jobReleaseTask: { commandLine: "/bin/true", maxWallClockTime: "PT15M1S" },
    },
    "InvalidConstraintValue",
    "jobReleaseTask.maxWallClockTime",
  ],
  [
    {
      jobPreparationTask: { ...preparation, id: "same" },
      jobReleaseTask: { commandLine: "/bin/true", id: "SAME" },
    },
    "InvalidPropertyValue",
    "jobReleaseTask.id",
  ],
  [
    {
      tasks: [
        { id: "a", commandLine: "x" },
        { id: "A", commandLine: "x" },
      ],
    },
    "TaskExists",
    "tasks[1].id",
  ],
  [{ tasks: [{ id: "a" }] }, "MissingRequiredProperty", "tasks[0].commandLine"],
];

test("a refusal names the code and the field at fault", () => {
  const found = REFUSALS.map(([overlay]) => {
    const { code, field } = errorOf({ ...minimal, ...overlay });
    return [code, field];
  });
  expect(found).toEqual(REFUSALS.map(([, code, field]) => [code, field]));
});

test("a misspelt field is met with the field that was meant", () => {
  const error = errorOf({ ...minimal, prioritty: 5 });
  expect(error.fix).toBe("Write priority or remove prioritty.");
  expect(error.expected).toContain("only the fields id, type, displayName");
});

test("a refusal says what was expected and what was given", () => {
  expect(errorOf({ ...minimal, priority: 1001 })).toEqual({
    code: "OutOfRangePriority",
    message: "Expected a whole number from -1000 to 1000 as priority and got 1001.",
    fix: "Give a whole number from -1000 to 1000.",
    field: "priority",
    expected: "a whole number from -1000 to 1000",
    given: "1001",
  });
});

test("a body that is no object is refused as a whole", () => {
  expect(errorOf(undefined).code).toBe("InvalidRequestBody");
  expect(errorOf([]).message).toBe("Expected an object as the request body and got [].");
});

test("a patch changes what is given, a replacement everything", () => {
  const patch = JOB_PATCH.parse({ priority: 5, constraints: { maxWallClockTime: null } });
  expect(toJobPatch(patch)).toEqual({ priority: 5, maxWallClockMs: null });
  const update = JOB_UPDATE.parse({ poolInfo: { poolId: "p" }, priority: 5 });
  expect(toJobReplacement(update)).toEqual({
    priority: 5,
    maxParallelTasks: -1,
    onAllTasksComplete: "noaction",
    maxWallClockMs: null,
    maxTaskRetryCount: 0,
    poolId: "p",
    metadata: [],
  });
});

test("all mistakes of a job and its tasks are found at once", () => {
  const found = jobMistakes({
    id: "j",
    priority: "high",
    colour: "red",
    hue: 1,
    tasks: [
      { id: "a", comandLine: "x" },
      { id: "b", requiredSlots: 0 },
      { id: "c", commandLine: "x" },
      { id: "C", commandLine: "x" },
    ],
  });
  expect(found.map(({ code, field }) => [code, field])).toEqual([
    ["MissingRequiredProperty", "poolInfo"],
    ["InvalidPropertyValue", "priority"],
    ["UnsupportedProperty", "colour"],
    ["UnsupportedProperty", "hue"],
    // It is also missing under its right name, which is no second mistake.
    ["UnsupportedProperty", "tasks[0].comandLine"],
    ["MissingRequiredProperty", "tasks[1].commandLine"],
    ["InvalidPropertyValue", "tasks[1].requiredSlots"],
    ["TaskExists", "tasks[3].id"],
  ]);
});

test("ids of preparation and release are taken for the tasks of a job file too", () => {
  const special = { jobPreparationTask: preparation, jobReleaseTask: { commandLine: "x" } };
  const tasks = [{ id: "JobRelease", commandLine: "x" }];
  const found = jobMistakes({ ...minimal, ...special, tasks });
  expect(found.map(({ code }) => code)).toEqual(["TaskIdSameAsJobReleaseTask"]);
  expect(jobMistakes({ ...minimal, tasks: 5 }).map(({ field }) => field)).toEqual(["tasks"]);
  expect(jobMistakes({ ...minimal, ...special, tasks: [] })).toEqual([]);
});
