import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { type FakeRequest, FakeServer, ran } from "../testCli.ts";

function event(sequence: number, properties: object = {}) {
  return {
    sequence,
    time: TIME,
    operationName: "TaskCompleteEvent",
    category: "ServiceLog",
    resourceId: "/jobs/nightly/tasks/a",
    properties: { nodeInfo: { nodeId: "n1" }, executionInfo: { exitCode: 0 }, ...properties },
  };
}

test("events are listed with one count, and where the list goes on", async () => {
  const server = new FakeServer({ "GET /events": { items: [event(7), event(9)], after: 9 } });
  const words = ["event", "list", "-ty", "taskstart,TaskFailEvent", "-af", "5", "-lm", "2"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+----------+---------------------+-------------------+-----------------------+---------+---------+
| SEQUENCE | TIME                | TYPE              | RESOURCE              | NODE ID | EXIT CD |
+----------+---------------------+-------------------+-----------------------+---------+---------+
| 7        | 2026/11/21 03:20:05 | TaskCompleteEvent | /jobs/nightly/tasks/a | n1      | 0       |
| 9        | 2026/11/21 03:20:05 | TaskCompleteEvent | /jobs/nightly/tasks/a | n1      | 0       |
+----------+---------------------+-------------------+-----------------------+---------+---------+

ROWS COUNT : 2
`,
    stderr: "There may be more: -af 9\n",
  });
  expect(server.requests[0]?.query).toEqual({
    type: "TaskStartEvent,TaskFailEvent",
    after: "5",
    limit: "2",
  });
});

test("without -af the newest events are listed, the newest last, and where older ones are", async () => {
  const server = new FakeServer({
    "GET /events": { items: [event(9), event(7)], after: 12, before: 7 },
  });
  const { stdout, stderr } = await ran(["event", "list", "-ji", "nightly", "-lm", "2"], server);
  expect(stdout.match(/^\| \d+/gm)).toEqual(["| 7", "| 9"]);
  expect(stderr).toBe("There may be older ones: -bf 7\n");
  expect(server.requests[0]?.query).toEqual({ jobId: "nightly", order: "desc", limit: "2" });
  const json = await ran(["event", "list", "-bf", "20", "-lm", "2", "--json"], server);
  expect(JSON.parse(json.stdout)).toMatchObject({
    items: [{ sequence: 7 }, { sequence: 9 }],
    after: 12,
  });
  expect(server.requests[1]?.query).toEqual({ before: "20", order: "desc", limit: "2" });
  const both = await ran(["event", "list", "-bf", "20", "-af", "2"], server);
  expect(both.exitCode).toBe(2);
});

test("with -lm 0 everything is listed, page by page from the beginning", async () => {
  const pages = [Array.from({ length: 1000 }, (_, index) => event(index + 1)), [event(1001)]];
  const server = new FakeServer({
    "GET /events": ({ query }: FakeRequest) => {
      const items = query["after"] === "0" ? pages[0] : pages[1];
      return { items, after: items?.at(-1)?.sequence };
    },
  });
  const { stdout, stderr } = await ran(["event", "list", "-lm", "0", "--tsv"], server);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1002);
  expect(stderr).toBe("");
});

test("a type that does not exist is refused with the one meant", async () => {
  const { exitCode, stderr } = await ran(["event", "list", "-ty", "TaskStrat"], new FakeServer({}));
  expect(exitCode).toBe(2);
  expect(stderr).toContain('as -ty,--type and got "TaskStrat". Did you mean TaskStartEvent?');
});

/** Sends the events, and then Ctrl-C. */
function stream(controller: AbortController, ...events: object[]) {
  return () => {
    const frames = events.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("");
    const body = new ReadableStream({
      start: (out) => out.enqueue(new TextEncoder().encode(frames)),
      pull: () => controller.abort(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

async function followed(...words: string[]) {
  const controller = new AbortController();
  const server = new FakeServer({
    "GET /system": { lastEvent: 6 },
    "GET /events": stream(controller, event(7), event(8, { nodeInfo: { nodeId: " " } })),
  });
  const world = { signal: controller.signal };
  const result = await ran(["event", "follow", ...words], server, world);
  return { ...result, query: server.requests.at(-1)?.query };
}

test("events are followed from now on, a line each, until Ctrl-C", async () => {
  const { exitCode, stdout, query } = await followed("-ji", "nightly");
  expect(exitCode).toBe(130);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["SEQUENCE", "TIME", "TYPE", "RESOURCE", "NODE ID", "EXIT CD"],
    ["7", "2026/11/21 03:20:05", "TaskCompleteEvent", "/jobs/nightly/tasks/a", "n1", "0"],
    ["8", "2026/11/21 03:20:05", "TaskCompleteEvent", "/jobs/nightly/tasks/a", "0"],
    [""],
  ]);
  expect(query).toEqual({ jobId: "nightly", after: "6", stream: "true" });
});

test("followed events are JSON lines or TSV on demand", async () => {
  const json = await followed("--json", "-af", "0");
  expect(json.query).toMatchObject({ after: "0" });
  const lines = json.stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).sequence)).toEqual([7, 8]);
  const tsv = await followed("--tsv");
  expect(tsv.stdout.split("\n")[1]).toBe(
    `7\t${TIME}\tTaskCompleteEvent\t/jobs/nightly/tasks/a\tn1\t0`,
  );
});
