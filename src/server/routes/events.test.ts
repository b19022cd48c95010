import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "./testApi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function openStream(path: string, headers: Record<string, string> = {}): Promise<Reader> {
  const response = await api.request("GET", path, undefined, {
    headers: { authorization: "Bearer 3", ...headers },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  if (response.body === null) throw new Error("Expected a stream.");
  return response.body.getReader() as Reader;
}

async function readUntil(reader: Reader, text: string): Promise<string> {
  let read = "";
  while (!read.includes(text)) read += new TextDecoder().decode((await reader.read()).value);
  return read;
}

test("events are read from a sequence number on, by type, job and pool", async () => {
  await api.json("POST", "/pools", { id: "p" });
  const tasks = [{ id: "t", commandLine: "x" }];
  await api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" }, tasks });
  await api.addNode("n", "p");
  await api.order("t");
  const all = await api.json("GET", "/events");
  expect(all.items.map(({ operationName }: { operationName: string }) => operationName)).toEqual([
    "PoolCreateEvent",
    "TaskStartEvent",
  ]);
  const [, start] = all.items;
  expect(start).toEqual({
    sequence: 2,
    time: "2026-11-21T03:20:00.000Z",
    operationName: "TaskStartEvent",
    category: "ServiceLog",
    resourceId: "/jobs/j/tasks/t",
    properties: {
      jobId: "j",
      id: "t",
      taskType: "User",
      systemTaskVersion: 0,
      requiredSlots: 1,
      nodeInfo: { poolId: "p", nodeId: "n" },
      multiInstanceSettings: { numberOfInstances: 1 },
      constraints: { maxTaskRetryCount: 0 },
      executionInfo: { retryCount: 0 },
    },
  });
  const counted = async (query: string) => (await api.json("GET", `/events?${query}`)).items.length;
  expect(await counted("after=1")).toBe(1);
  expect(await counted("type=poolcreateevent")).toBe(1);
  expect(await counted("type=PoolCreateEvent,TaskStartEvent")).toBe(2);
  expect(await counted("type=PoolCreateEvent&type=TaskStartEvent")).toBe(2);
  expect(await counted("jobId=J")).toBe(1);
  expect(await counted("limit=1")).toBe(1);
  expect((await api.json("GET", "/events?type=TaskFailEvent")).after).toBe(2);
  expect((await api.refusal("GET", "/events?type=Nothing")).field).toBe("type");
});

test("events are read from the newest on, page by page", async () => {
  for (const id of ["p1", "p2", "p3", "p4", "p5"]) await api.json("POST", "/pools", { id });
  const read = async (query: string) => {
    const { items, after, before } = await api.json("GET", `/events?order=desc&${query}`);
    return [items.map(({ sequence }: { sequence: number }) => sequence), after, before];
  };
  expect(await read("limit=2")).toEqual([[5, 4], 5, 4]);
  expect(await read("limit=2&before=4")).toEqual([[3, 2], 5, 2]);
  expect(await read("limit=2&before=2")).toEqual([[1], 5, undefined]);
  expect(await read("after=3&type=PoolCreateEvent")).toEqual([[5, 4], 5, undefined]);
  expect(await api.refusal("GET", "/events?before=4")).toMatchObject({ field: "before" });
  expect(await api.refusal("GET", "/events?order=desc&stream")).toMatchObject({ field: "order" });
});

test("a stream brings old events, then new ones as they are stored", async () => {
  await api.json("POST", "/pools", { id: "p1" });
  const reader = await openStream("/events?stream=1");
  expect(await readUntil(reader, '"p1"')).toContain("id: 1\nevent: PoolCreateEvent\ndata: {");
  await api.json("POST", "/pools", { id: "p2" });
  expect(await readUntil(reader, '"p2"')).toContain("id: 2\n");
  await reader.cancel();
});

test("a stream goes on behind Last-Event-ID", async () => {
  for (const id of ["p1", "p2", "p3"]) await api.json("POST", "/pools", { id });
  const headers = { accept: "text/event-stream", "last-event-id": "2" };
  const reader = await openStream("/events?after=0", headers);
  const read = await readUntil(reader, '"p3"');
  expect(read).not.toContain('"p2"');
  await reader.cancel();
  const refusal = await api.refusal("GET", "/events?stream", undefined, {
    headers: { authorization: "Bearer 3", "last-event-id": "x" },
  });
  expect(refusal.field).toBe("Last-Event-ID");
});
