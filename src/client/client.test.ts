import { expect, test } from "bun:test";
import { ApiError, ConnectionError } from "./apiError.ts";
import { createClient, orNull } from "./client.ts";
import { WaitTimeout } from "./waitUntil.ts";

/** A client whose requests are answered one after the other; the last answer stays. */
function setup(...answers: (Response | Error | (() => Response))[]) {
  const requests: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const index = Math.min(requests.length, answers.length - 1);
    requests.push(request);
    const answer = answers[index] ?? new Error("Expected an answer.");
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer() : answer;
  };
  const client = createClient({ url: "http://host:1/", token: "secret", fetch });
  const sent = () => requests.map(({ method, url }) => `${method} ${url}`);
  return { client, requests, sent };
}

const json =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });

test("a call sends method, path, query, token and body as declared", async () => {
  const { client, requests, sent } = setup(json({ id: "j", url: "/api/v1/jobs/j" }, 201));
  const created = await client.jobs.create({ id: "j", poolInfo: { poolId: "p" } }, "key1");
  expect(created).toEqual({ id: "j", url: "/api/v1/jobs/j" });
  expect(sent()).toEqual(["POST http://host:1/api/v1/jobs"]);
  const [request] = requests;
  expect(request?.headers.get("authorization")).toBe("Bearer secret");
  expect(request?.headers.get("idempotency-key")).toBe("key1");
  expect(await request?.json()).toEqual({ id: "j", poolInfo: { poolId: "p" } });
});

test("parameters are escaped, slashes only where a path is meant", async () => {
  const { client, sent } = setup(json({}));
  await client.jobs.get("a/b");
  await client.nodes.readFile("n", "shared/a b.txt");
  await client.jobs.list({ state: "active", limit: 5, idPrefix: "x&y" });
  await client.events.list({ type: ["TaskStartEvent", "TaskFailEvent"] });
  expect(sent()).toEqual([
    "GET http://host:1/api/v1/jobs/a%2Fb",
    "GET http://host:1/api/v1/nodes/n/files/shared/a%20b.txt",
    "GET http://host:1/api/v1/jobs?state=active&limit=5&idPrefix=x%26y",
    "GET http://host:1/api/v1/events?type=TaskStartEvent&type=TaskFailEvent",
  ]);
});

test("scripts go as bytes, definitions name them, and runs are read by number", async () => {
  const { client, requests, sent } = setup(json({ number: 7, items: [] }));
  await client.scripts.store("a b.sh", "echo hi\n");
  expect(await requests[0]?.text()).toBe("echo hi\n");
  await client.definitions.get("disk", 0);
  await client.definitions.get("disk");
  await client.definitions.plan("disk", { nodeId: ["n1", "n2"] });
  await client.definitions.plan("disk");
  await client.definitions.run("disk", { nodeIds: ["n1"], arguments: ["; rm"] });
  expect(await requests[5]?.json()).toEqual({ nodeIds: ["n1"], arguments: ["; rm"] });
  await client.definitions.removeSchedule("disk", "daily");
  await client.approvals.accept("disk");
  await client.instances.node(7, "n1", 2);
  await client.instances.csv(7, { stdout: true });
  await client.instances.rerun(7, { select: "neverRan" });
  expect(sent().map((line) => line.replace("http://host:1/api/v1", ""))).toEqual([
    "POST /scripts?name=a+b.sh",
    "GET /definitions/disk?revision=0",
    "GET /definitions/disk",
    "GET /definitions/disk/plan?nodeId=n1&nodeId=n2",
    "GET /definitions/disk/plan",
    "POST /definitions/disk/run",
    "DELETE /definitions/disk/schedules/daily",
    "POST /definitions/disk/approval/accept",
    "GET /instances/7/nodes/n1?execNo=2",
    "GET /instances/7/csv?stdout=true",
    "POST /instances/7/rerun",
  ]);
});

test("a refusal is thrown with everything the server said", async () => {
  const error = {
    code: "OutOfRangePriority",
    message: "Expected less.",
    field: "priority",
    expected: "less",
    given: "1001",
    fix: "Give less.",
  };
  const { client } = setup(json({ error, requestId: "r1" }, 400));
  const thrown = await client.jobs.get("j").catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(ApiError);
  expect(thrown).toMatchObject({ ...error, status: 400, requestId: "r1" });
});

test("an answer of something else than a server is told as that", async () => {
  const { client } = setup(new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const thrown = await client.jobs.get("j").catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({ code: "UnexpectedAnswer", status: 502 });
});

test("no answer is another error than a refusal", async () => {
  const { client } = setup(new TypeError("connection refused"));
  const thrown = await client.jobs.get("j").catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(ConnectionError);
  expect(String(thrown)).toContain("http://host:1");
});

test("what is not there can be had as null", async () => {
  const error = { code: "JobNotFound", message: "None.", fix: "Look." };
  const { client } = setup(json({ error, requestId: "r" }, 404));
  expect(await orNull(client.jobs.get("j"))).toBeNull();
});

test("all items of a list come page by page", async () => {
  const { client, sent } = setup(
    json({ items: [{ id: "a" }, { id: "b" }], cursor: "c1" }),
    json({ items: [{ id: "c" }] }),
  );
  const ids: string[] = [];
  for await (const job of client.jobs.all({ limit: 2 })) ids.push(job.id);
  expect(ids).toEqual(["a", "b", "c"]);
  expect(sent().at(-1)).toBe("GET http://host:1/api/v1/jobs?limit=2&cursor=c1");
});

test("waiting reads until the state is there, and gives up in time", async () => {
  const { client, requests } = setup(json({ state: "active" }), json({ state: "completed" }));
  expect((await client.jobs.waitUntilCompleted("j", { intervalMs: 1 })).state).toBe("completed");
  expect(requests.length).toBe(2);
  const never = setup(json({ state: "active" })).client;
  const thrown = await never.jobs
    .waitUntilCompleted("j", { intervalMs: 1, timeoutMs: 5 })
    .catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(WaitTimeout);
});

test("waiting for tasks ends with a job that has ended before them", async () => {
  const counts = json({ taskCounts: { active: 1, running: 0, completed: 1 } });
  const { client, requests } = setup(counts, json({ state: "completed" }), counts);
  const { taskCounts } = await client.jobs.waitUntilTasksCompleted("j", { intervalMs: 1 });
  expect([taskCounts.active, requests.length]).toEqual([1, 3]);
});

const event = (sequence: number) => ({ sequence, operationName: "PoolCreateEvent" });
const frame = (sequence: number) =>
  `id: ${sequence}\nevent: PoolCreateEvent\ndata: ${JSON.stringify(event(sequence))}\n\n`;

/** A stream of these pieces that breaks or ends after them. */
function stream(pieces: readonly string[], breaks = false): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (breaks) controller.error(new Error("broken"));
      else controller.close();
    },
  });
  return new Response(body);
}

test("events are followed over breaks, each once and in order, however they are cut", async () => {
  const text = `: hello\n\n${frame(1)}${frame(2)}`;
  const { client, sent } = setup(
    () => stream([text.slice(0, 20), text.slice(20, 90), text.slice(90)]),
    new TypeError("connection refused"),
    () => stream([frame(3)]),
  );
  const sequences: number[] = [];
  for await (const { sequence } of client.events.follow({ type: ["PoolCreateEvent"] })) {
    sequences.push(sequence);
    if (sequence === 3) break;
  }
  expect(sequences).toEqual([1, 2, 3]);
  const base = "GET http://host:1/api/v1/events?type=PoolCreateEvent";
  expect(sent()).toEqual([
    `${base}&stream=true`,
    `${base}&after=2&stream=true`,
    `${base}&after=2&stream=true`,
  ]);
});

test("following ends with its signal, and with a refusal", async () => {
  const abort = new AbortController();
  const { client } = setup(() => stream([frame(1)]));
  const sequences: number[] = [];
  for await (const { sequence } of client.events.follow({}, { signal: abort.signal })) {
    sequences.push(sequence);
    abort.abort();
  }
  expect(sequences).toEqual([1]);
  const error = { code: "AuthenticationFailed", message: "No.", fix: "Log in." };
  const refused = setup(json({ error, requestId: "r" }, 401)).client;
  const next = refused.events.follow().next();
  expect(await next.catch((reason: unknown) => reason)).toBeInstanceOf(ApiError);
});

test("many tasks are sent in one call and answered in their places", async () => {
  const value = [{ taskId: "a", status: "success" }];
  const { client, requests } = setup(json({ value }));
  const results = await client.tasks.addMany("j", [{ id: "a", commandLine: "x" }]);
  expect(results.map(({ status }) => status)).toEqual(["success"]);
  expect(await requests[0]?.json()).toEqual({ tasks: [{ id: "a", commandLine: "x" }] });
});

test("output is asked for as it was wished and given as it comes", async () => {
  const { client, requests, sent } = setup(() => new Response("bytes"));
  const response = await client.tasks.stdout("j", "t", { follow: true });
  await client.executions.stderr(7, { range: { first: 2, last: 5 } });
  expect(await response.text()).toBe("bytes");
  expect(sent()).toEqual([
    "GET http://host:1/api/v1/jobs/j/tasks/t/stdout?follow=true",
    "GET http://host:1/api/v1/executions/7/stderr",
  ]);
  expect(requests[1]?.headers.get("range")).toBe("bytes=2-5");
});

test("an id that would make another path of it is refused before anything is sent", async () => {
  const client = createClient({ url: "http://127.0.0.1:1", token: "t" });
  for (const id of ["", ".", ".."]) {
    await expect(client.tasks.delete("job", id)).rejects.toMatchObject({
      code: "InvalidPropertyValue",
      field: "taskId",
    });
    await expect(client.jobs.get(id)).rejects.toMatchObject({ code: "InvalidPropertyValue" });
  }
});

const output = (offset: number, text: string) =>
  `id: 7:${offset}\ndata: ${Buffer.from(text).toString("base64")}\n\n`;

/** Events of output: all of them arrive before the connection breaks or ends. */
function eventStream(pieces: readonly string[], breaks = false): Response {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
      else if (breaks) controller.error(new Error("broken"));
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

test("output is followed over breaks, each byte once, and ends when the server says so", async () => {
  const { client, requests } = setup(
    () =>
      eventStream(
        [": stream of output\n\n", output(4, "one\n"), output(8, "two\n").slice(0, 9)],
        true,
      ),
    new TypeError("connection refused"),
    json({ error: { code: "ServerBusy", message: "m", fix: "f" }, requestId: "r" }, 503),
    // Closed without a word of the end: something in between did so.
    () => eventStream([output(8, "two\n")]),
    () => eventStream([output(14, "three\n"), "event: end\ndata: {}\n\n"]),
  );
  const told: string[] = [];
  const response = await client.tasks.stdout("j", "t", {
    follow: true,
    onLost: () => told.push("lost"),
    onBack: () => told.push("back"),
  });
  expect(await response.text()).toBe("one\ntwo\nthree\n");
  expect(told).toEqual(["lost", "back", "lost", "back"]);
  expect(requests.map(({ headers }) => headers.get("last-event-id"))).toEqual([
    null,
    "7:4",
    "7:4",
    "7:4",
    "7:8",
  ]);
  expect(new Set(requests.map(({ url }) => url))).toEqual(
    new Set(["http://host:1/api/v1/jobs/j/tasks/t/stdout?follow=true"]),
  );
});

test("a member's log is followed over breaks from where its stream began", async () => {
  const { client, requests } = setup(
    () => eventStream(["event: place\nid: 7:3\ndata: {}\n\n"], true),
    () => eventStream([output(7, "one\n"), "event: end\ndata: {}\n\n"]),
  );
  const response = await client.groups.logs("a", "main", "stderr", { follow: true, lines: 0 });
  expect(await response.text()).toBe("one\n");
  expect(requests.map(({ headers }) => headers.get("last-event-id"))).toEqual([null, "7:3"]);
  expect(new Set(requests.map(({ url }) => url))).toEqual(
    new Set(["http://host:1/api/v1/allocations/a/logs/main/stderr?follow=true&lines=0"]),
  );
});

test("followed output throws what the server refuses, at once and later", async () => {
  const gone = json(
    { error: { code: "TaskNotFound", message: "m", fix: "f" }, requestId: "r" },
    404,
  );
  await expect(setup(gone).client.executions.stdout(7, { follow: true })).rejects.toMatchObject({
    code: "TaskNotFound",
  });
  const { client } = setup(() => eventStream([output(4, "one\n")]), gone);
  const response = await client.executions.stderr(7, { follow: true });
  await expect(response.text()).rejects.toMatchObject({ code: "TaskNotFound" });
});

test("nobody who stopped reading followed output keeps a connection", async () => {
  const quiet = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(output(4, "one\n"))),
  });
  const headers = { "content-type": "text/event-stream" };
  const { client, requests } = setup(() => new Response(quiet, { headers }));
  const response = await client.tasks.stdout("j", "t", { follow: true });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(requests[0]?.signal.aborted).toBe(true);
});
