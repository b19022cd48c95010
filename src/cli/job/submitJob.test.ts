import { expect, test } from "bun:test";
import { type FakeRequest, FakeServer, ran, refusal } from "../testCli.ts";

function tasksOf(request: FakeRequest): { id: string }[] {
  return (request.body as { tasks: { id: string }[] }).tasks;
}

function jobFile(count: number, more: object = {}) {
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    commandLine: "/bin/true",
  }));
  const text = JSON.stringify({ id: "big", poolInfo: { poolId: "p" }, ...more, tasks });
  return { readStdin: () => Promise.resolve(text) };
}

const accepted = (request: FakeRequest) => ({
  value: tasksOf(request).map(({ id }) => ({ taskId: id, status: "success" })),
});

test("as many tasks as one call takes are sent with the job", async () => {
  const server = new FakeServer({ "POST /jobs": { id: "big", url: "" } });
  expect((await ran(["job", "run", "-"], server, jobFile(10_000))).exitCode).toBe(0);
  expect(server.requests).toHaveLength(1);
});

test("more tasks are added in bulks, and the job is told to end with them only then", async () => {
  const server = new FakeServer({
    "POST /jobs": { id: "big", url: "" },
    "POST /jobs/big/tasks": accepted,
    "PATCH /jobs/big": {},
  });
  const file = jobFile(20_001, { onAllTasksComplete: "terminatejob", priority: 5 });
  const { exitCode, stderr } = await ran(["job", "run", "-"], server, file);
  expect(exitCode).toBe(0);
  expect(stderr).toBe(
    "10000/20001 tasks added\n20000/20001 tasks added\n20001/20001 tasks added\n",
  );
  const [create, ...others] = server.requests;
  expect(create?.body).toEqual({ id: "big", poolInfo: { poolId: "p" }, priority: 5 });
  const patch = others.pop();
  expect(patch).toMatchObject({ method: "PATCH", body: { onAllTasksComplete: "terminatejob" } });
  const ids = others.flatMap((request) => tasksOf(request).map(({ id }) => id));
  expect(ids).toEqual(Array.from({ length: 20_001 }, (_, index) => `t${index}`));
  expect(new Set(others.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(3);
});

test("a bulk whose answer was lost is sent again under its key", async () => {
  let count = 0;
  const server = new FakeServer({
    "POST /jobs": { id: "big", url: "" },
    "POST /jobs/big/tasks": (request: FakeRequest) => {
      count += 1;
      return count === 2 ? new Error("connection reset") : accepted(request);
    },
  });
  const { exitCode, stderr } = await ran(["job", "run", "-"], server, jobFile(15_000));
  expect(exitCode).toBe(0);
  expect(stderr).toContain("could not talk to it: connection reset; trying again\n");
  const keys = server.requests.slice(1).map(({ headers }) => headers.get("idempotency-key"));
  expect(keys).toHaveLength(3);
  expect(keys[1]).toBe(keys[2] ?? "");
});

test("a bulk that is refused says how far it came and how to begin anew", async () => {
  let count = 0;
  const server = new FakeServer({
    "POST /jobs": { id: "big", url: "" },
    "POST /jobs/big/tasks": (request: FakeRequest) => {
      count += 1;
      return count === 2
        ? refusal(409, "JobCompleted", "The job is completed.")()
        : accepted(request);
    },
  });
  const { exitCode, stderr } = await ran(["job", "run", "-"], server, jobFile(20_000));
  expect(exitCode).toBe(1);
  expect(stderr).toEndWith(
    "error: The job big has been created with 10000 of 20000 tasks at least: The job is completed.\n" +
      "fix: Remove the job with `stint job delete big`, then run the file again.\n",
  );
});

test("the refused tasks of all bulks are counted, and none keeps the others from being added", async () => {
  const error = { code: "TaskExists", message: "There is a task t0 already.", fix: "Rename it." };
  const server = new FakeServer({
    "POST /jobs/big/tasks": (request: FakeRequest) => ({
      value: tasksOf(request).map(({ id }) => ({ taskId: id, status: "clienterror", error })),
    }),
  });
  const tasks = Array.from({ length: 12_001 }, (_, at) => ({ id: `t${at}`, commandLine: "x" }));
  const stdin = { readStdin: () => Promise.resolve(JSON.stringify(tasks)) };
  const { exitCode, stderr } = await ran(["jobtask", "add", "big", "-fi", "-"], server, stdin);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    "error: There is a task t0 already. (and 12000 more were refused)\nfix: Rename it.\n",
  );
  expect(server.requests).toHaveLength(2);
});
