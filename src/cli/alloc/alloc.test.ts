import { expect, test } from "bun:test";
import type { Execution } from "../../protocol/api/answer/execution.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const EXECUTION: Execution = {
  number: 71,
  url: "/api/v1/executions/71",
  jobId: "nightly",
  taskId: "a",
  ordinal: 2,
  nodeId: "n1",
  state: "ended",
  assignedTime: TIME,
  startTime: TIME,
  endTime: TIME,
  processes: [
    { member: "main", number: 1, state: "exited", endTime: TIME, exitCode: 3, cpuTime: "PT0.1S" },
  ],
  stdout: { sizeBytes: 4096, droppedBytes: 100, kept: "blob" },
  stderr: { sizeBytes: 0, droppedBytes: 0, kept: "empty" },
};

test("executions are listed with their number and their place within the task", async () => {
  const server = new FakeServer({ "GET /executions": { items: [EXECUTION] } });
  expect(
    (await ran(["alloc", "list", "nightly", "a", "-lv"], server)).stdout,
  ).toBe(`+--------+---------+---------+---------+---------+-------+---------------------+---------------------+---------+
| NUMBER | JOB ID  | TASK ID | EXEC NO | NODE ID | STATE | START AT            | END AT              | EXIT CD |
+--------+---------+---------+---------+---------+-------+---------------------+---------------------+---------+
| 71     | nightly | a       | 2       | n1      | ended | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | 3       |
+--------+---------+---------+---------+---------+-------+---------------------+---------------------+---------+

ROWS COUNT : 1/1
`);
  expect(server.requests[0]?.query).toEqual({
    jobId: "nightly",
    taskId: "a",
    live: "true",
    limit: "30",
  });
});

test("a task without its job is wrong usage", async () => {
  const { exitCode } = await ran(["alloc", "list", "-ti", "a"], new FakeServer({}));
  expect(exitCode).toBe(2);
});

test("a view says where the output is kept, and has a section for each process", async () => {
  const server = new FakeServer({ "GET /executions/71": EXECUTION });
  const { stdout } = await ran(["alloc", "view", "71"], server);
  expect(stdout).toMatch(/\| STDERR +\| No content\. +\|/);
  expect(stdout).toContain("4.0 KiB kept in the blob store, 100 bytes of the middle dropped");
  expect(stdout).toContain("| [PROCESS main 1] |");
  const tsv = await ran(["alloc", "view", "71", "--tsv"], server);
  expect(tsv.stdout).toContain("\nPROCESS main 1 EXIT CD\t3\n");
});

test("the output of one execution is printed", async () => {
  const server = new FakeServer({ "GET /executions/71/stdout": () => new Response("hello\n") });
  expect((await ran(["alloc", "log", "-no", "71"], server)).stdout).toBe("hello\n");
});
