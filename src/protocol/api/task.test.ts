import { expect, test } from "bun:test";
import { ADD_TASKS_MAX } from "../../model/limits.ts";
import { check } from "./check.ts";
import { checkTasksBody, TASK_ADD, toConstraints, toTaskSpec } from "./task.ts";

const minimal = { id: "t1", commandLine: "/bin/true" };

function specOf(overlay: Record<string, unknown>) {
  return toTaskSpec(TASK_ADD.parse({ ...minimal, ...overlay }));
}

function refusalOf(overlay: Record<string, unknown>): readonly [string, string | undefined] {
  const checked = check(TASK_ADD, { ...minimal, ...overlay });
  if (checked.ok) throw new Error(`Expected a refusal of ${JSON.stringify(overlay)}.`);
  return [checked.error.code, checked.error.field];
}

test("what equals a default is left out of the spec", () => {
  expect(specOf({ requiredSlots: 1, resourceFiles: [], environmentSettings: [] })).toEqual({
    commandLine: "/bin/true",
  });
});

test("every field of a task reaches its spec", () => {
  const spec = specOf({
    displayName: "One",
    resourceFiles: [
      {
        httpUrl: "https://example.com/a",
        filePath: "a",
        fileMode: "0644",
        sha256: "AB".repeat(32),
      },
      { serverPath: "inputs/b.txt", filePath: "in/b.txt" },
      { content: "aGk=", contentEncoding: "BASE64", filePath: "c" },
    ],
    environmentSettings: [{ name: "A", value: "1" }],
    affinityInfo: { affinityId: "node1" },
    constraints: { maxWallClockTime: "90s", retentionTime: "PT0S", maxTaskRetryCount: -1 },
    requiredSlots: 3,
    userIdentity: { autoUser: { scope: "Task" } },
    resourceLimits: { memoryBytes: 1024, cpuCores: 0.5, processes: 10 },
  });
  expect(spec).toEqual({
    commandLine: "/bin/true",
    displayName: "One",
    resourceFiles: [
      {
        source: { kind: "url", url: "https://example.com/a" },
        filePath: "a",
        fileMode: "0644",
        sha256: "ab".repeat(32),
      },
      { source: { kind: "server", path: "inputs/b.txt" }, filePath: "in/b.txt" },
      { source: { kind: "inline", content: "aGk=", encoding: "base64" }, filePath: "c" },
    ],
    environmentSettings: [{ name: "A", value: "1" }],
    affinityId: "node1",
    maxWallClockMs: 90_000,
    retentionMs: 0,
    maxTaskRetryCount: -1,
    requiredSlots: 3,
    userIdentity: { kind: "auto", scope: "task", elevationLevel: "nonadmin" },
    limits: { memoryBytes: 1024, cpuCores: 0.5, processes: 10 },
  });
});

const file = { httpUrl: "http://h/f", filePath: "f" };
const REFUSALS: readonly (readonly [Record<string, unknown>, string, string])[] = [
  [{ commandLine: "" }, "InvalidPropertyValue", "commandLine"],
  [{ commandLine: "a\0b" }, "InvalidPropertyValue", "commandLine"],
  [{ requiredSlots: 0 }, "InvalidPropertyValue", "requiredSlots"],
  [{ dependsOn: { taskIds: ["a"] } }, "UnsupportedProperty", "dependsOn"],
  [{ exitConditions: {} }, "UnsupportedProperty", "exitConditions"],
  [{ containerSettings: {} }, "MissingRequiredProperty", "containerSettings.imageName"],
  [
    { constraints: { maxWallClockTime: "PT0S" } },
    "InvalidConstraintValue",
    "constraints.maxWallClockTime",
  ],
  [
    { environmentSettings: [{ name: "A=B", value: "" }] },
    "InvalidPropertyValue",
    "environmentSettings[0].name",
  ],
  [{ resourceFiles: [{ filePath: "f" }] }, "InvalidPropertyValue", "resourceFiles[0]"],
  [{ resourceFiles: [{ ...file, content: "x" }] }, "InvalidPropertyValue", "resourceFiles[0]"],
  [
    { resourceFiles: [{ ...file, httpUrl: "file:///etc/passwd" }] },
    "InvalidPropertyValue",
    "resourceFiles[0].httpUrl",
  ],
  [
    { resourceFiles: [{ ...file, filePath: "." }] },
    "InvalidPropertyValue",
    "resourceFiles[0].filePath",
  ],
  [
    { resourceFiles: [{ ...file, filePath: "a/." }] },
    "InvalidPropertyValue",
    "resourceFiles[0].filePath",
  ],
  [
    { resourceFiles: [{ ...file, filePath: "../f" }] },
    "InvalidPropertyValue",
    "resourceFiles[0].filePath",
  ],
  [
    { resourceFiles: [{ ...file, filePath: "/etc/f" }] },
    "InvalidPropertyValue",
    "resourceFiles[0].filePath",
  ],
  [
    { resourceFiles: [{ ...file, fileMode: "0999" }] },
    "InvalidPropertyValue",
    "resourceFiles[0].fileMode",
  ],
  [
    { resourceFiles: [{ content: "not base64!", contentEncoding: "base64", filePath: "f" }] },
    "InvalidPropertyValue",
    "resourceFiles[0]",
  ],
  [
    { resourceFiles: [{ storageContainerUrl: "https://h/c" }] },
    "UnsupportedProperty",
    "resourceFiles[0].storageContainerUrl",
  ],
  [{ userIdentity: {} }, "InvalidPropertyValue", "userIdentity"],
  [{ resourceLimits: { memoryBytes: 0 } }, "InvalidPropertyValue", "resourceLimits.memoryBytes"],
];

test("a refusal names the code and the field at fault", () => {
  expect(REFUSALS.map(([overlay]) => [...refusalOf(overlay)])).toEqual(
    REFUSALS.map(([, code, field]) => [code, field]),
  );
});

test("a bad item of a call does not keep the others out", () => {
  const items = [minimal, { id: "bad id", commandLine: "x" }, { id: "T1", commandLine: "x" }];
  const checked = checkTasksBody({ value: items });
  if (!checked.ok || checked.value.kind !== "many") throw new Error("Expected a call of many.");
  expect(
    checked.value.items.map((item) => (item.ok ? item.task.id : [item.id, item.error.code])),
  ).toEqual(["t1", ["bad id", "InvalidPropertyValue"], ["T1", "TaskExists"]]);
  const [, second] = checked.value.items;
  expect(second?.ok === false && second.error.field).toBe("tasks[1].id");
});

test("a body without a list is one task", () => {
  const checked = checkTasksBody(minimal);
  expect(checked).toEqual({
    ok: true,
    value: { kind: "one", task: { id: "t1", spec: { commandLine: "/bin/true" } } },
  });
});

test("more tasks than a call may have are refused together", () => {
  const tasks = Array.from({ length: ADD_TASKS_MAX + 1 }, () => minimal);
  const checked = checkTasksBody({ tasks });
  expect(!checked.ok && checked.error.code).toBe("RequestBodyTooLarge");
});

test("both names of the list at once are refused", () => {
  const checked = checkTasksBody({ tasks: [], value: [] });
  expect(!checked.ok && checked.error.code).toBe("InvalidRequestBody");
});

test("constraints that are left out go back to their defaults", () => {
  expect(toConstraints({ constraints: { maxWallClockTime: null, retentionTime: "1h" } })).toEqual({
    retentionMs: 3_600_000,
  });
});
