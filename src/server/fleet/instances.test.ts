import { afterEach, beforeEach, expect, test } from "bun:test";
import type { StartOrder } from "../../model/order.ts";
import { inline, resultOf, TEST_TIME, TestApi } from "../routes/testApi.ts";

const AS_NOBODY = { headers: { authorization: "" } };
const SCRIPT = "#!/bin/sh\necho @OPM_ATTR.DISK@ on @STINT.NODE_ID@\n";

let api: TestApi;
let approver: RequestInit;
const nodes = new Map<string, number>();

/** Two nodes of a pool for fleet runs, and a manager beside the administrator. */
beforeEach(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "fleet", provider: "none", accepts: ["fleet"] });
  for (const name of ["n1", "n2"]) {
    nodes.set(name, await api.addNode(name, "fleet"));
    await api.askFleet({ request: "editNode", node: name, status: "enable" });
  }
  const account = { name: "Ma", phone: "1", email: "m@x", password: "secret-1" };
  await api.json("POST", "/users", { id: "ma", ...account }, AS_NOBODY);
  await api.json("PATCH", "/users/ma", { role: 1, status: "enable" });
  const login = { id: "ma", password: account.password };
  const { token } = await api.json("POST", "/login", login, AS_NOBODY);
  approver = { headers: { authorization: `Bearer ${token}` } };
});
afterEach(() => api.close());

async function define(id: string, body: object = {}): Promise<void> {
  const { name, sha256 } = await api.json("POST", "/scripts?name=disk.sh", SCRIPT);
  const content = { script: { name, sha256 }, byOnDemand: "enable", ...body };
  await api.json("POST", "/definitions", { id, ...content });
  await api.json("POST", `/definitions/${id}/targets/add`, { nodeIds: ["n1", "n2"] });
}

async function approve(id: string): Promise<void> {
  await api.json("POST", `/definitions/${id}/approval/request`, { approverId: "ma" });
  await api.json("POST", `/definitions/${id}/approval/accept`, undefined, approver);
}

async function withDisk(): Promise<void> {
  await api.askFleet({ request: "createNodeGroup", id: "g", description: "" });
  for (const node of nodes.keys()) {
    await api.askFleet({ request: "addGroupNode", nodeGroup: "g", node });
  }
  await api.askFleet({ request: "setAttribute", nodeGroup: "g", key: "DISK", value: "/dev/sda" });
}

async function end(order: StartOrder, exitCode: number, stdout: string): Promise<void> {
  const number = nodes.get(order.nodeId) ?? 0;
  const result = resultOf(exitCode, inline(stdout));
  const { execution } = order;
  await api.report(number, order.nodeId, [{ kind: "ended", execution, result }]);
}

async function orderOf(name: string, ordinal = 1): Promise<StartOrder> {
  return await api.order(`node-${nodes.get(name)}`, ordinal);
}

test("a run has a number, its nodes their ends, and the output of each can be read", async () => {
  await withDisk();
  await define("disk");
  await approve("disk");
  const run = { arguments: ["; rm", "$(x)"] };
  expect(await api.json("POST", "/definitions/disk/run", run)).toEqual({ number: 1 });
  const order = await orderOf("n1");
  expect(order.script).toMatchObject({
    arguments: run.arguments,
    attributes: { DISK: "/dev/sda" },
  });
  await end(order, 3, "full\n");
  const under = await api.json("GET", "/instances/1");
  expect(under).toMatchObject({
    result: "N/A",
    runner: "admin(user)",
    statusCounts: { ready: 0, request: 1, complete: 1, fail: 0 },
  });
  expect(under.endTime).toBe(undefined);
  await end(await orderOf("n2"), 0, "fine\n");
  expect(await api.json("GET", "/instances/1")).toMatchObject({
    result: "fail",
    resultCounts: { "N/A": 0, success: 1, fail: 1 },
  });
  const { items, total } = await api.json("GET", "/instances/1/nodes?result=fail");
  expect([items.length, total]).toEqual([1, 1]);
  expect(items[0]).toMatchObject({ nodeId: "n1", execNo: 1, status: "complete", exitCode: 3 });
  const detail = await api.json("GET", "/instances/1/nodes/n1");
  expect(detail).toMatchObject({
    createdBy: "admin(user)",
    stdout: { encoding: "utf8", content: "full\n" },
    stderr: { content: "", sizeBytes: 0 },
  });
});

test("longer output, which a node brings after it told of the end, is waited for while the node is there", async () => {
  await withDisk();
  await define("disk");
  await approve("disk");
  await api.json("POST", "/definitions/disk/run");
  const place = { kind: "node" } as const;
  for (const name of nodes.keys()) {
    const { execution } = await orderOf(name);
    const result = resultOf(0, { sizeBytes: 5, droppedBytes: 0, place });
    await api.report(nodes.get(name) ?? 0, name, [{ kind: "ended", execution, result }]);
  }
  const asked = api.json("GET", "/instances/1/nodes/n1");
  const key = "outputs/1/1/stdout";
  await api.blobs.put(key, new Blob(["later"]).stream());
  await api.store.setOutputPlace((await orderOf("n1")).execution, "stdout", key);
  expect((await asked).stdout).toEqual({
    ...{ encoding: "utf8", content: "later", sizeBytes: 5, droppedBytes: 0 },
  });
  await api.disconnect(nodes.get("n2") ?? 0);
  expect((await api.json("GET", "/instances/1/nodes/n2")).stdout).toMatchObject({
    ...{ content: "", sizeBytes: 5, left: "node" },
  });
});

test("failed nodes are rerun by a selector, and older executions stay readable", async () => {
  await withDisk();
  await define("disk");
  await approve("disk");
  await api.json("POST", "/definitions/disk/run");
  const order = await orderOf("n1");
  api.advance(5_000);
  const started = {
    kind: "started" as const,
    execution: order.execution,
    startedAt: TEST_TIME + 4_000,
  };
  await api.report(nodes.get("n1") ?? 0, "n1", [started]);
  await end(order, 3, "full\n");
  await end(await orderOf("n2"), 0, "fine\n");
  const first = await api.json("GET", "/instances/1/nodes/n1");
  await api.json("POST", "/instances/1/rerun", { select: "failed" });
  await end(await orderOf("n1", 2), 0, "fine\n");
  const now = await api.json("GET", "/instances/1/nodes/n1");
  expect(now).toMatchObject({ execNo: 2, result: "success", stdout: { content: "fine\n" } });
  const before = await api.json("GET", "/instances/1/nodes/n1?execNo=1");
  expect(before).toMatchObject({ execNo: 1, exitCode: 3, stdout: { content: "full\n" } });
  expect(before).toEqual(first);
  expect((await api.json("GET", "/instances/1")).result).toBe("success");
  const groups = await api.json("GET", "/instances/1/groups");
  expect(groups.items).toHaveLength(1);
  expect(groups.items[0]).toMatchObject({ nodeIds: ["n1", "n2"], nodeCount: 2, exitCode: 0 });
});

test("an earlier execution that a signal ended has run, with the exit code that shells give it", async () => {
  await withDisk();
  await define("disk");
  await approve("disk");
  await api.json("POST", "/definitions/disk/run");
  const { execution } = await orderOf("n1");
  const outcome = { state: "killed", signal: 9, reason: null } as const;
  const ended = { kind: "ended", execution, result: { ...resultOf(0), outcome } } as const;
  await api.report(nodes.get("n1") ?? 0, "n1", [ended]);
  const first = await api.json("GET", "/instances/1/nodes/n1");
  expect(first).toMatchObject({ status: "complete", result: "fail", exitCode: 137 });
  await api.json("POST", "/instances/1/rerun", { nodeIds: ["n1"] });
  await orderOf("n1", 2);
  expect(await api.json("GET", "/instances/1/nodes/n1?execNo=1")).toEqual(first);
});

test("all nodes make a CSV, with outputs where they are asked for", async () => {
  await withDisk();
  await define("disk");
  await approve("disk");
  await api.json("POST", "/definitions/disk/run", { nodeIds: ["n2"] });
  await end(await orderOf("n2"), 0, 'a "b"\nc,d');
  const response = await api.request("GET", "/instances/1/csv?stdout");
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const [header, ...lines] = (await response.text()).split("\r\n");
  expect(header).toEndWith("RESULT,EXIT CD,STDOUT");
  expect(lines.join("\r\n")).toMatch(
    /^1,disk,n2,1,complete,.*,admin\(user\),success,0,"a ""b""\nc,d"\r\n$/,
  );
});

test("a plan says who would run, what stands against it, and shows the script", async () => {
  await define("disk");
  const before = await api.json("GET", "/definitions/disk/plan");
  expect(before.isPermitted).toBe(false);
  expect(before.refusals.map(({ code }: { code: string }) => code)).toEqual([
    "NotApproved",
    "UnknownReservedWord",
  ]);
  await withDisk();
  await approve("disk");
  await api.askFleet({ request: "editNode", node: "n2", status: "disable" });
  const plan = await api.json("GET", "/definitions/disk/plan");
  expect(plan).toMatchObject({ isPermitted: true, revision: 1 });
  expect(plan.nodes).toEqual([
    {
      nodeId: "n1",
      attributes: { DISK: "/dev/sda" },
      script: SCRIPT.replace("@OPM_ATTR.DISK@", "/dev/sda"),
    },
  ]);
  expect(plan.left).toEqual([{ nodeId: "n2", reason: "it is disabled" }]);
  expect((await api.json("GET", "/instances")).total).toBe(0);
});

test("refusals name what was wrong, and start nothing", async () => {
  await withDisk();
  await define("disk");
  const refusal = async (path: string, body?: object) =>
    (await api.refusal("POST", path, body)).code;
  expect(await refusal("/definitions/disk/run")).toBe("NotApproved");
  await approve("disk");
  expect(await refusal("/definitions/nothing/run")).toBe("DefinitionNotFound");
  expect(await refusal("/definitions/disk/run", { nodeIds: ["n3"] })).toBe("NodeNotFound");
  expect(await refusal("/instances/7/stop")).toBe("InstanceNotFound");
  expect(await refusal("/instances/0/rerun", { select: "failed" })).toBe("InstanceNotFound");
  expect(await refusal("/instances/1/rerun", {})).toBe("InstanceNotFound");
  await api.json("POST", "/definitions/disk/run");
  expect(await refusal("/instances/1/rerun", {})).toBe("InvalidPropertyValue");
  expect(await refusal("/instances/1/rerun", { nodeIds: ["n1"] })).toBe("TaskNotCompleted");
  expect((await api.json("GET", "/instances")).total).toBe(1);
});

test("schedules are read in both forms and told with their next times", async () => {
  await define("disk");
  const add = (body: object) => api.json("POST", "/definitions/disk/schedules", body);
  await add({ id: "s", value: "mon 08:00", timeZone: "Asia/Seoul" });
  const { schedules } = await add({ id: "c", cron: "0 3 * * *", status: "disable" });
  expect(schedules.map(({ text }: { text: string }) => text)).toEqual([
    "s(weekly, mon 08:00)",
    "c(cron, 0 3 * * *)",
  ]);
  expect(schedules[0].nextTimes).toHaveLength(10);
  const field = async (body: object) =>
    (await api.refusal("POST", "/definitions/disk/schedules", { id: "x", ...body })).field;
  expect(await field({ value: "25:00" })).toBe("value");
  expect(await field({ cron: "x" })).toBe("cron");
  expect(await field({ value: "10:00", timeZone: "Mars/Base" })).toBe("timeZone");
});

async function definedOnBoth(id: string, body: object = {}): Promise<void> {
  await withDisk();
  await define(id, body);
  await approve(id);
}

test("a rolling run tells how far it is, why it does not go on, and what it would do", async () => {
  const rolling = { batch: "50%", canary: "1", pause: "resume", totalFailures: "50%" };
  await definedOnBoth("disk", { rolling });
  expect((await api.json("GET", "/definitions/disk")).rolling).toEqual(rolling);
  expect(await api.json("GET", "/definitions/disk/plan")).toMatchObject({
    rolling,
    batches: [
      { isCanary: true, nodeIds: ["n1"] },
      { isCanary: false, nodeIds: ["n2"] },
    ],
  });
  expect(await api.json("GET", "/definitions/disk/plan?batch=2")).toMatchObject({
    rolling: { batch: "2" },
    batches: [{ isCanary: false, nodeIds: ["n1", "n2"] }],
  });
  await api.json("POST", "/definitions/disk/run");
  const progress = { batch: 1, batches: 2, openNodes: 1, heldNodes: 1, state: "running" };
  expect(await api.json("GET", "/instances/1")).toMatchObject({
    statusCounts: { ready: 1, request: 1 },
    rolling: { policy: rolling, ...progress },
  });
  await end(await orderOf("n1"), 0, "fine\n");
  expect((await api.json("GET", "/instances/1")).rolling).toMatchObject({ state: "paused" });
  await api.json("POST", "/instances/1/resume");
  await end(await orderOf("n2"), 1, "full\n");
  expect(await api.json("GET", "/instances/1")).toMatchObject({
    result: "fail",
    rolling: { state: "ended", heldNodes: 0, failedInTotal: 1 },
  });
  // Given at the run it takes the place of the definition's own.
  await api.json("POST", "/definitions/disk/run", { rolling: { batch: "1", batchFailures: "1" } });
  const order = await api.order(`node-${nodes.get("n1")}`, 1, "taskinstance-2");
  await end(order, 1, "full\n");
  expect((await api.json("GET", "/instances/2")).rolling).toMatchObject({
    state: "stopped",
    heldNodes: 1,
    reason: "1 of the 1 nodes of batch 1 failed, which stops the run",
  });
});

test("wrong batches and what cannot be resumed are refused", async () => {
  await definedOnBoth("disk");
  for (const rolling of [
    {},
    { batch: "0" },
    { batch: "101%" },
    { batch: 1 },
    { batch: "1", pause: "soon" },
    { batch: "1", pause: "8d" },
    { batch: "1", canary: "" },
    { batch: "1", failures: "1" },
  ]) {
    const refused = await api.refusal("POST", "/definitions/disk/run", { rolling });
    expect(refused.code).toBeOneOf([
      "InvalidPropertyValue",
      "MissingRequiredProperty",
      "UnsupportedProperty",
      "InvalidRequestBody",
    ]);
  }
  expect((await api.refusal("GET", "/definitions/disk/plan?canary=1")).code).toBe(
    "InvalidQueryParameterValue",
  );
  expect((await api.json("GET", "/instances")).total).toBe(0);
  await api.json("POST", "/definitions/disk/run");
  expect((await api.refusal("POST", "/instances/1/resume")).code).toBe("InstanceNotRolling");
  expect((await api.refusal("POST", "/instances/9/resume")).code).toBe("InstanceNotFound");
  for (const select of ["failed", "neverRan"]) {
    const refused = await api.refusal("POST", "/instances/1/rerun", { select });
    expect(refused.code).toBe("NothingToRerun");
  }
});

test("outputs that differ in numbers and the node's own name alone are folded on demand", async () => {
  await definedOnBoth("disk");
  await api.json("POST", "/definitions/disk/run");
  await end(await orderOf("n1"), 0, "n1: 91% of 3 disks\n");
  await end(await orderOf("n2"), 0, "n2: 7% of 12 disks\n");
  const groups = async (query: string) =>
    (await api.json("GET", `/instances/1/groups${query}`)).items;
  expect(await groups("")).toMatchObject([
    { nodeIds: ["n1"], outputCount: 1 },
    { nodeIds: ["n2"], outputCount: 1 },
  ]);
  expect(await groups("?similar=true")).toMatchObject([
    { nodeIds: ["n1", "n2"], outputCount: 2, stdout: { content: "n1: 91% of 3 disks\n" } },
  ]);
});
