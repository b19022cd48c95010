import { beforeAll, expect, test } from "bun:test";
import type { EventEnvelope } from "../../src/protocol/api/answer/event.ts";
import { readEvents } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createLocalPool(server.client, "pool", 1, 2);
});

async function runJob(id: string, count: number): Promise<void> {
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    commandLine: "/bin/true",
  }));
  await server.client.jobs.create({ id, poolInfo: { poolId: "pool" }, tasks });
  await server.client.jobs.waitUntilTasksCompleted(id, { timeoutMs: 20_000 });
}

/** Frames of one connection: the first so many after `lastEventId`. */
async function readStream(lastEventId: number | null, count: number): Promise<EventEnvelope[]> {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/api/v1/events`, {
    headers: {
      authorization: `Bearer ${server.token}`,
      accept: "text/event-stream",
      ...(lastEventId === null ? {} : { "last-event-id": String(lastEventId) }),
    },
    signal: abort.signal,
  });
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  const events: EventEnvelope[] = [];
  let text = "";
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  while (events.length < count && reader !== undefined) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as EventEnvelope;
      expect(frame).toContain(`id: ${event.sequence}\nevent: ${event.operationName}\n`);
      events.push(event);
    }
  }
  abort.abort();
  return events.slice(0, count);
}

test("a stream that is taken up with Last-Event-ID misses nothing and repeats nothing", async () => {
  await runJob("first", 5);
  const all = await readEvents(server.client);
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
  const start = await readStream(null, 4);
  expect(start).toEqual(all.slice(0, 4));
  const rest = await readStream(start.at(-1)?.sequence ?? 0, all.length - 4);
  expect(rest).toEqual(all.slice(4));
});

test("a follower lives through a killed server and gets each event once, in order", async () => {
  const before = (await readEvents(server.client)).length;
  const { url, token, data } = server;
  const port = Number(new URL(url).port);
  const abort = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    const events = server.client.events.follow({ after: before }, { signal: abort.signal });
    for await (const event of events) {
      seen.push(event.sequence);
      // A start and an end for each of ten tasks.
      if (seen.length === 20) break;
    }
  })();
  await runJob("second", 5);
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data, port });
  expect(server.token).toBe(token);
  await runJob("third", 5);
  await following;
  abort.abort();
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => before + 1 + index));
});

test("events are filtered by type and job, and the place to go on from skips the others", async () => {
  const { client } = server;
  const starts = await client.events.list({ type: ["TaskStartEvent"], jobId: "third" });
  expect(starts.items).toHaveLength(5);
  const more = await client.events.list({
    type: ["TaskStartEvent"],
    jobId: "third",
    after: starts.after,
  });
  expect(more.items).toEqual([]);
});
