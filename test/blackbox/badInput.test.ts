import { beforeAll, expect, test } from "bun:test";
import { request } from "./harness/request.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox);
  await server.client.pools.create({ id: "pool", provider: "none" });
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" } });
  await server.client.tasks.add("job", { id: "task", commandLine: "/bin/true" });
});

const poolInfo = { poolId: "pool" };
const task = { id: "new", commandLine: "/bin/true" };

/** Request, body, status, code, field, and what expected and given have to hold. */
type Row = readonly [string, unknown, number, string, string | undefined, RegExp?, RegExp?];

const ROWS: readonly Row[] = [
  ["POST /jobs", "{", 400, "InvalidRequestBody", undefined],
  ["POST /jobs", "", 400, "InvalidRequestBody", undefined],
  ["POST /jobs", [], 400, "InvalidPropertyValue", undefined, /object/],
  ["POST /jobs", { poolInfo }, 400, "MissingRequiredProperty", "id"],
  ["POST /jobs", { id: "new" }, 400, "MissingRequiredProperty", "poolInfo"],
  [
    "POST /jobs",
    { id: "new", poolInfo, colour: 1 },
    400,
    "UnsupportedProperty",
    "colour",
    /fields/,
  ],
  ["POST /jobs", { id: "new", poolInfo: { poolID: "p" } }, 400, "", "poolInfo"],
  ["POST /jobs", { id: "a b", poolInfo }, 400, "InvalidPropertyValue", "id", /64/, /a b/],
  ["POST /jobs", { id: "x".repeat(65), poolInfo }, 400, "InvalidPropertyValue", "id", /64/],
  ["POST /jobs", { id: 5, poolInfo }, 400, "InvalidPropertyValue", "id", /./, /5/],
  ["POST /jobs", { id: "../job", poolInfo }, 400, "InvalidPropertyValue", "id"],
  ["POST /jobs", { id: "JOB", poolInfo }, 409, "JobExists", "id"],
  [
    "POST /jobs",
    { id: "new", poolInfo, priority: 1001 },
    400,
    "OutOfRangePriority",
    "priority",
    /-1000 to 1000/,
    /1001/,
  ],
  ["POST /jobs", { id: "new", poolInfo, priority: 1.5 }, 400, "OutOfRangePriority", "priority"],
  [
    "POST /jobs",
    { id: "new", poolInfo, maxParallelTasks: 0 },
    400,
    "InvalidPropertyValue",
    "maxParallelTasks",
    /-1/,
    /0/,
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, displayName: "x".repeat(1025) },
    400,
    "InvalidPropertyValue",
    "displayName",
    /1024/,
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, metadata: [{ name: "", value: "v" }] },
    400,
    "EmptyMetadataKey",
    "metadata[0].name",
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, constraints: { maxWallClockTime: "soon" } },
    400,
    "InvalidConstraintValue",
    "constraints.maxWallClockTime",
    /duration/,
    /soon/,
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, constraints: { maxTaskRetryCount: -2 } },
    400,
    "InvalidConstraintValue",
    "constraints.maxTaskRetryCount",
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, jobReleaseTask: { commandLine: "x" } },
    400,
    "InvalidPropertyValue",
    "jobReleaseTask",
    /jobPreparationTask/,
  ],
  [
    "POST /jobs",
    {
      id: "new",
      poolInfo,
      jobPreparationTask: { commandLine: "x" },
      jobReleaseTask: { commandLine: "x", maxWallClockTime: "PT16M" },
    },
    400,
    "InvalidConstraintValue",
    "jobReleaseTask.maxWallClockTime",
    /PT15M/,
    /PT16M/,
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, tasks: [task, { ...task, id: "NEW" }] },
    409,
    "TaskExists",
    "tasks[1].id",
  ],
  [
    "POST /jobs",
    { id: "new", poolInfo, tasks: [task, { id: "t2" }] },
    400,
    "MissingRequiredProperty",
    "tasks[1].commandLine",
  ],
  ["POST /jobs", { id: "new", poolInfo, type: "service" }, 400, "UnsupportedProperty", "type"],
  [
    "POST /jobs/job/tasks",
    { ...task, commandLine: "" },
    400,
    "InvalidPropertyValue",
    "commandLine",
  ],
  [
    "POST /jobs/job/tasks",
    { ...task, commandLine: 7 },
    400,
    "InvalidPropertyValue",
    "commandLine",
    /./,
    /7/,
  ],
  ["POST /jobs/job/tasks", { ...task, id: "TASK" }, 409, "TaskExists", "id"],
  [
    "POST /jobs/job/tasks",
    { ...task, requiredSlots: 0 },
    400,
    "InvalidPropertyValue",
    "requiredSlots",
  ],
  [
    "POST /jobs/job/tasks",
    { ...task, environmentSettings: [{ name: "A=B", value: "" }] },
    400,
    "InvalidPropertyValue",
    "environmentSettings[0].name",
  ],
  [
    "POST /jobs/job/tasks",
    { ...task, resourceFiles: [{ filePath: "../x", content: "" }] },
    400,
    "InvalidPropertyValue",
    "resourceFiles[0].filePath",
    /\.\./,
  ],
  [
    "POST /jobs/job/tasks",
    { ...task, resourceFiles: [{ filePath: "x" }] },
    400,
    "InvalidPropertyValue",
    "resourceFiles[0]",
    /exactly one/,
  ],
  ["POST /jobs/none/tasks", task, 404, "JobNotFound", undefined],
  [
    "POST /pools",
    { id: "new", taskSlotsPerNode: 257 },
    400,
    "InvalidPropertyValue",
    "taskSlotsPerNode",
    /256/,
    /257/,
  ],
  [
    "POST /pools",
    { id: "new", targetDedicatedNodes: -1 },
    400,
    "InvalidPropertyValue",
    "targetDedicatedNodes",
  ],
  [
    "POST /pools",
    { id: "new", provider: "cloud" },
    400,
    "InvalidPropertyValue",
    "provider",
    /local, none/,
    /cloud/,
  ],
  ["POST /pools", { id: "Pool" }, 409, "PoolExists", "id"],
  [
    "POST /pools",
    { id: "new", resizeTimeout: "PT1M" },
    400,
    "InvalidPropertyValue",
    "resizeTimeout",
    /PT5M/,
  ],
  ["POST /join-tokens", { poolId: "none" }, 404, "PoolNotFound", undefined],
  ["POST /join-tokens", { poolId: "pool", uses: 0 }, 400, "InvalidPropertyValue", "uses"],
  ["GET /jobs?limit=0", undefined, 400, "InvalidQueryParameterValue", "limit"],
  ["GET /jobs?limit=1001", undefined, 400, "InvalidQueryParameterValue", "limit", /1000/, /1001/],
  ["GET /jobs?colour=red", undefined, 400, "InvalidQueryParameterValue", "colour"],
  ["GET /jobs?cursor=rubbish", undefined, 400, "InvalidQueryParameterValue", "cursor"],
  ["GET /jobs/none", undefined, 404, "JobNotFound", undefined],
  ["GET /jobs/job/tasks/none", undefined, 404, "TaskNotFound", undefined],
  ["GET /nodes/none", undefined, 404, "NodeNotFound", undefined],
  ["GET /pools/none", undefined, 404, "PoolNotFound", undefined],
  ["GET /executions/none", undefined, 404, "ExecutionNotFound", undefined],
  ["GET /nothing", undefined, 404, "ResourceNotFound", undefined],
  ["DELETE /jobs", undefined, 405, "UnsupportedHttpVerb", undefined],
];

for (const [line, body, status, code, field, expected, given] of ROWS) {
  const shown = JSON.stringify(body)?.slice(0, 90) ?? "";
  test(`${line} ${shown} is ${status} ${code} ${field ?? ""}`.trim(), async () => {
    const answer = await request(server, line, body);
    expect(answer.status).toBe(status);
    const { error, requestId } = answer.body as {
      error: Record<string, string>;
      requestId: string;
    };
    if (code !== "") expect(error["code"]).toBe(code);
    if (field !== undefined) expect(error["field"] ?? "").toStartWith(field);
    expect(error["message"]).not.toBe("");
    expect(error["fix"]).toMatch(/\w/);
    expect(requestId).toMatch(/\w/);
    if (expected !== undefined) expect(error["expected"]).toMatch(expected);
    if (given !== undefined) expect(error["given"]).toMatch(given);
  });
}

test("nothing that was refused was half created", async () => {
  const { client } = server;
  expect((await client.jobs.list()).items.map(({ id }) => id)).toEqual(["job"]);
  expect((await client.tasks.list("job")).items.map(({ id }) => id)).toEqual(["task"]);
  const pools = (await client.pools.list()).items.map(({ id }) => id);
  expect(pools.toSorted()).toEqual(["default", "pool"]);
  const types = (await client.events.list()).items.map(({ operationName }) => operationName);
  expect(types.filter((type) => type === "PoolCreateEvent")).toHaveLength(2);
});

test("a call of many tasks answers for each and takes those that are right", async () => {
  const { client } = server;
  await client.jobs.create({ id: "many", poolInfo });
  const tasks = [
    { id: "a", commandLine: "/bin/true" },
    { id: "b" },
    { id: "A", commandLine: "/bin/true" },
    { id: "c", commandLine: "/bin/true", extra: true },
    { id: "d", commandLine: "/bin/true" },
  ];
  const { status, body } = await request(server, "POST /jobs/many/tasks", { tasks });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    value: [
      { taskId: "a", status: "success" },
      { taskId: "b", status: "clienterror", error: { field: "tasks[1].commandLine" } },
      { taskId: "A", status: "clienterror", error: { code: "TaskExists" } },
      { taskId: "c", status: "clienterror", error: { code: "UnsupportedProperty" } },
      { taskId: "d", status: "success" },
    ],
  });
  expect((await client.tasks.list("many")).items.map(({ id }) => id)).toEqual(["a", "d"]);
  const again = await client.tasks.addMany("many", [{ id: "d", commandLine: "/bin/true" }]);
  expect(again).toMatchObject([{ status: "clienterror", error: { code: "TaskExists" } }]);
});

test("10,000 tasks are taken in one call and one more is refused whole", async () => {
  const { client } = server;
  await client.jobs.create({ id: "limit", poolInfo });
  const tasks = Array.from({ length: 10_001 }, (_, index) => ({
    id: `t${index}`,
    commandLine: "/bin/true",
  }));
  const { status, body } = await request(server, "POST /jobs/limit/tasks", { tasks });
  expect({ status, body }).toMatchObject({ status: 413, body: { error: { field: "tasks" } } });
  expect((await client.jobs.taskCounts("limit")).taskCounts.active).toBe(0);
  const answers = await client.tasks.addMany("limit", tasks.slice(1));
  expect(answers.filter((answer) => answer.status === "success")).toHaveLength(10_000);
  expect((await client.jobs.taskCounts("limit")).taskCounts.active).toBe(10_000);
});

test("a body beyond the limit is refused with 413", async () => {
  const filler = "x".repeat(1024 * 1024);
  const body = `{"id":"big","x":"${filler.repeat(33)}"}`;
  const { status } = await request(server, "POST /jobs", body).catch(() => ({ status: 413 }));
  expect(status).toBe(413);
});

test("a create repeated under its Idempotency-Key gives the first answer, also after a restart", async () => {
  const headers = { "idempotency-key": "key-1" };
  const body = { id: "once", poolInfo };
  const first = await request(server, "POST /jobs", body, headers);
  expect(first.status).toBe(201);
  expect(await request(server, "POST /jobs", body, headers)).toEqual(first);
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data: server.data });
  expect(await request(server, "POST /jobs", body, headers)).toEqual(first);
  const other = await request(server, "POST /jobs", { ...body, id: "other" }, headers);
  expect(other).toMatchObject({ status: 409, body: { error: { code: "IdempotencyKeyReused" } } });
  expect((await server.client.jobs.list({ idPrefix: "o" })).items.map(({ id }) => id)).toEqual([
    "once",
  ]);
});

test("requests without a good token are refused, and health needs none", async () => {
  const { url } = server;
  for (const token of ["", "stint_wrong", `${server.token}x`]) {
    const { status, body } = await request({ url, token }, "GET /jobs");
    expect({ status, body }).toMatchObject({
      status: 401,
      body: { error: { code: "AuthenticationFailed" } },
    });
  }
  const bare = await fetch(`${url}/api/v1/jobs`);
  expect(bare.status).toBe(401);
  expect(bare.headers.get("www-authenticate")).toBe("Bearer");
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  const guest = await server.client.tokens.createApiToken({ name: "reader", role: 3 });
  const { token } = guest as { token: string };
  expect((await request({ url, token }, "GET /jobs")).status).toBe(200);
  const { status } = await request({ url, token }, "POST /jobs", { id: "guest", poolInfo });
  expect(status).toBe(403);
});
