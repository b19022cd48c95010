import { afterAll, beforeAll, expect, test } from "bun:test";
import { TEST_TIME, TestApi } from "./testApi.ts";

let api: TestApi;
let execution: number;

beforeAll(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "pool", accepts: ["batch", "groups"] });
  const node = await api.addNode("node", "pool", 2);
  await api.json("POST", "/jobs", { id: "job", poolInfo: { poolId: "pool" } });
  await api.json("POST", "/jobs/job/tasks", { id: "task", commandLine: "sleep 1" });
  const order = await api.order("task");
  execution = order.execution;
  await api.report(node, "node", [{ kind: "started", execution, startedAt: TEST_TIME }]);
});

afterAll(() => api.close());

test("a command is reserved with what is to be run, where, and by whom", async () => {
  const terminal = { columns: 80, rows: 24, type: "xterm" };
  const body = { command: ["sh", "-c", "x"], terminal, stdin: true };
  const answer = await api.json("POST", `/executions/${execution}/exec`, body);
  expect(answer).toEqual({ sessionId: "session-1" });
  expect(api.reserved[0]).toEqual({
    node: expect.any(Number),
    order: { execution, member: null, command: body.command, terminal, hasStdin: true },
    about: {
      jobId: "job",
      taskId: "task",
      poolId: "pool",
      nodeId: "node",
      execution,
      member: null,
      user: "test",
      command: body.command,
      hasTerminal: true,
    },
    tokenHash: api.tokenHash,
  });
  const { items } = await api.json("GET", "/audit?order=desc&limit=1");
  expect(items).toMatchObject([
    {
      by: { kind: "token", id: "test" },
      action: "POST /executions/{number}/exec",
      object: { number: String(execution) },
      details: { command: body.command },
      outcome: "done",
    },
  ]);
});

test("a wish that does not fit is refused at its field", async () => {
  const wrong: [object, string][] = [
    [{}, "command"],
    [{ command: [] }, "command"],
    [{ command: [""] }, "command"],
    [{ command: ["a\0b"] }, "command"],
    [{ command: ["x".repeat(33_000)] }, "command"],
    [{ command: ["true"], terminal: { columns: 0, rows: 1 } }, "terminal.columns"],
    [{ command: ["true"], terminal: { columns: 1, rows: 70_000 } }, "terminal.rows"],
    [{ command: ["true"], member: "main" }, "member"],
    [{ command: ["true"], tty: true }, "tty"],
  ];
  for (const [body, field] of wrong) {
    const refusal = await api.refusal("POST", `/executions/${execution}/exec`, body);
    expect([body, refusal]).toMatchObject([body, { status: 400, field }]);
  }
});

test("only operators may, and only what runs can be entered", async () => {
  const body = { command: ["true"] };
  const guest = { headers: { authorization: "Bearer 3" } };
  const path = `/executions/${execution}/exec`;
  expect(await api.refusal("POST", path, body, guest)).toMatchObject({ status: 403 });
  const operator = { headers: { authorization: "Bearer 2" } };
  expect((await api.request("POST", path, body, operator)).status).toBe(201);
  expect(await api.refusal("POST", "/executions/99/exec", body)).toMatchObject({
    code: "ExecutionNotFound",
  });
});

test("a stream is a WebSocket, and its session's", async () => {
  const path = "/exec-sessions/session-9/stream";
  expect(await api.refusal("GET", path)).toMatchObject({ status: 400 });
  const upgrade = { headers: { authorization: "Bearer 0", upgrade: "websocket" } };
  expect(await api.refusal("GET", path, undefined, upgrade)).toMatchObject({
    code: "ExecSessionNotFound",
  });
});
