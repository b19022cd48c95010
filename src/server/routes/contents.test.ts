import { afterEach, beforeEach, expect, test } from "bun:test";
import { inline, resultOf, type TestApi } from "./testApi.ts";
import { OneTask } from "./testOneTask.ts";

let one: OneTask;
let api: TestApi;
beforeEach(async () => {
  one = await OneTask.open();
  api = one.api;
});
afterEach(() => api.close());

const STDOUT = "workitems/j/job-1/t/stdout.txt";

async function text(path: string, init?: RequestInit): Promise<string> {
  return await (await api.request("GET", path, undefined, init)).text();
}

const ranged = (range: string) => ({ headers: { authorization: "Bearer 0", range } });

/** Reads a followed response piece by piece. */
class Follower {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  text = "";

  private constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  static async open(path: string): Promise<Follower> {
    const response = await api.request("GET", path);
    if (response.body === null) throw new Error(`Expected a body of ${path}.`);
    return new Follower(response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>);
  }

  async until(suffix: string): Promise<void> {
    while (!this.text.endsWith(suffix)) await this.#more();
  }

  async toEnd(): Promise<string> {
    while (await this.#more());
    return this.text;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (value !== undefined) this.text += this.#decoder.decode(value, { stream: true });
    return !done;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

test("what a task wrote is read from its result, whether or not the node is there", async () => {
  await one.end(await one.start(), 0, inline("hello\n"));
  api.files.isReachable = false;
  expect(await text("/jobs/j/tasks/t/stdout")).toBe("hello\n");
  expect(await text("/jobs/j/tasks/t/stdout?follow")).toBe("hello\n");
  expect(await text("/jobs/j/tasks/t/stderr")).toBe("");
  expect(await text("/executions/1/stdout")).toBe("hello\n");
  expect(api.files.asked).toBe(0);
});

test("bytes that are no text stay as they are", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const base64 = Buffer.from(bytes).toString("base64");
  const place = { kind: "inline", base64 } as const;
  await one.end(await one.start(), 0, { sizeBytes: 256, droppedBytes: 0, place });
  const response = await api.request("GET", "/jobs/j/tasks/t/stdout");
  expect(await response.bytes()).toEqual(bytes);
});

test("larger output is read from the blob store, in ranges too", async () => {
  await api.blobs.put("outputs/1/stdout", new Blob(["0123456789"]).stream());
  const place = { kind: "blob", key: "outputs/1/stdout" } as const;
  await one.end(await one.start(), 0, { sizeBytes: 10, droppedBytes: 0, place });
  const path = "/jobs/j/tasks/t/stdout";
  expect(await text(path)).toBe("0123456789");
  const part = await api.request("GET", path, undefined, ranged("bytes=2-4"));
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
    206,
    "bytes 2-4/10",
    "234",
  ]);
  expect(await text(path, ranged("bytes=7-"))).toBe("789");
  expect(await text(path, ranged("bytes=-3"))).toBe("789");
  const beyond = await api.refusal("GET", path, undefined, ranged("bytes=10-"));
  expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */10"]);
});

test("output that only the node has is refused while the node is away", async () => {
  api.files.write(STDOUT, "on the node");
  const place = { kind: "node" } as const;
  await one.end(await one.start(), 0, { sizeBytes: 11, droppedBytes: 0, place });
  expect(await text("/jobs/j/tasks/t/stdout")).toBe("on the node");
  api.files.isReachable = false;
  expect(await api.refusal("GET", "/jobs/j/tasks/t/stdout")).toMatchObject({
    status: 409,
    code: "TaskFilesUnavailable",
  });
});

test("a running task's file is read as far as it is written", async () => {
  await one.start();
  api.files.write(STDOUT, "so far");
  expect(await text("/jobs/j/tasks/t/stdout")).toBe("so far");
});

test("a follower gets what is written, then the end", async () => {
  const execution = await one.start();
  api.files.write(STDOUT, "one\n");
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow=true");
  await follower.until("one\n");
  api.files.append(STDOUT, "two\n");
  await follower.until("two\n");
  api.files.append(STDOUT, "three\n");
  await one.end(execution, 0, inline("one\ntwo\nthree\n"));
  expect(await follower.toEnd()).toBe("one\ntwo\nthree\n");
});

test("a follower of a queued task waits for its start", async () => {
  const tasks = [{ id: "first", commandLine: "x" }];
  await api.json("POST", "/jobs", { id: "before", poolInfo: { poolId: "p" }, tasks });
  const first = (await api.order("first")).execution;
  await api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" } });
  await api.json("POST", "/jobs/j/tasks", { id: "t", commandLine: "x" });
  expect((await api.refusal("GET", "/jobs/j/tasks/t/stdout")).code).toBe("TaskFilesUnavailable");
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow=1");
  await one.end(first, 0, inline(""));
  const execution = await one.begin(1);
  api.files.write(STDOUT, "at last\n");
  await follower.until("at last\n");
  await one.end(execution, 0, inline("at last\n"));
  expect(await follower.toEnd()).toBe("at last\n");
});

test("a follower of a task that waits in a job that ends gets the end, and later ones are refused", async () => {
  await api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" } });
  await api.json("POST", "/jobs/j/tasks", { id: "t", commandLine: "x", requiredSlots: 99 });
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow");
  await api.json("POST", "/jobs/j/terminate", {});
  expect(await follower.toEnd()).toBe("");
  const refused = await api.refusal("GET", "/jobs/j/tasks/t/stdout");
  expect(refused.code).toBe("TaskFilesUnavailable");
  expect(refused.message).toEndWith("and will not run any more.");
  expect(refused.fix).not.toContain("follow");
  expect((await api.refusal("GET", "/jobs/j/tasks/t/stdout?follow")).code).toBe(refused.code);
});

test("a retry writes on in the task's file, and each execution has its own share", async () => {
  const first = await one.start({ maxTaskRetryCount: 1 });
  api.files.write(STDOUT, "try 1\n");
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow");
  const own = await Follower.open(`/executions/${first}/stdout?follow`);
  await follower.until("try 1\n");
  await own.until("try 1\n");
  await one.end(first, 1, inline("try 1\n"));
  const second = await one.begin(2);
  api.files.append(STDOUT, "try 2\n");
  await follower.until("try 2\n");
  expect(await text(`/executions/${second}/stdout`)).toBe("try 2\n");
  await one.end(second, 0, inline("try 2\n"));
  expect(await follower.toEnd()).toBe("try 1\ntry 2\n");
  expect(await own.toEnd()).toBe("try 1\n");
  expect(await text("/jobs/j/tasks/t/stdout")).toBe("try 1\ntry 2\n");
  expect(await text(`/executions/${first}/stdout`)).toBe("try 1\n");
});

test("shares that only the node has are cut out of the task's file", async () => {
  const place = { kind: "node" } as const;
  const first = await one.start({ maxTaskRetryCount: 1 });
  await one.end(first, 1, { sizeBytes: 6, droppedBytes: 0, place });
  const second = await one.begin(2);
  api.files.write(STDOUT, "try 1\ntry 2\n");
  await one.end(second, 0, { sizeBytes: 6, droppedBytes: 0, place });
  expect(await text(`/executions/${first}/stdout`)).toBe("try 1\n");
  expect(await text(`/executions/${second}/stdout`)).toBe("try 2\n");
});

test("a follower that lost the node gets the rest from what was kept", async () => {
  const execution = await one.start();
  api.files.write(STDOUT, "one\n");
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow");
  await follower.until("one\n");
  api.files.isReachable = false;
  await one.end(execution, 0, inline("one\ntwo\n"));
  expect(await follower.toEnd()).toBe("one\ntwo\n");
});

test("a follower that goes away leaves nothing behind", async () => {
  const execution = await one.start();
  api.files.write(STDOUT, "one\n");
  const follower = await Follower.open("/jobs/j/tasks/t/stdout?follow");
  await follower.until("one\n");
  await follower.cancel();
  await one.end(execution, 0, inline("one\n"));
  while (api.listeners > 0) await Promise.resolve();
  expect(api.listeners).toBe(0);
});

test("files of a task are relative to its directory, those of a node to its root", async () => {
  await one.start();
  api.files.write("workitems/j/job-1/t/wd/a b.txt", "content");
  api.files.write("shared/f.txt", "shared");
  const { items } = await api.json("GET", "/jobs/j/tasks/t/files?recursive=true");
  expect(items).toEqual([
    {
      path: "wd/a b.txt",
      url: "/api/v1/nodes/node1/files/workitems/j/job-1/t/wd/a%20b.txt",
      isDirectory: false,
      sizeBytes: 7,
      lastModified: "2026-11-21T03:20:00.000Z",
    },
  ]);
  expect(await text("/jobs/j/tasks/t/files/wd/a%20b.txt")).toBe("content");
  expect(await text("/jobs/j/tasks/t/files/wd%2Fa%20b.txt", ranged("bytes=0-2"))).toBe("con");
  expect(await text("/nodes/node1/files/shared/f.txt")).toBe("shared");
  const head = await api.request("HEAD", "/nodes/node1/files/shared/f.txt");
  expect([head.headers.get("content-length"), head.headers.get("last-modified")]).toEqual([
    "6",
    "Sat, 21 Nov 2026 03:20:00 GMT",
  ]);
  expect(await api.refusal("GET", "/nodes/node1/files/shared/g.txt")).toMatchObject({
    status: 404,
    code: "FileNotFound",
  });
});

test("the URL of a folder answers with what is in it, as the list does", async () => {
  await one.start();
  api.files.write("workitems/j/job-1/t/wd/a.txt", "content");
  const task = await api.json("GET", "/jobs/j/tasks/t");
  const root: string = task.nodeInfo.taskRootDirectoryUrl;
  for (const path of [root, `${root}/`]) {
    const { items } = await api.json("GET", path);
    expect(items[0].url).toBe("/api/v1/nodes/node1/files/workitems/j/job-1/t/wd/a.txt");
    expect(items[0].path).toBe("workitems/j/job-1/t/wd/a.txt");
  }
  const listed = await api.json("GET", "/jobs/j/tasks/t/files?path=wd");
  expect(await api.json("GET", "/jobs/j/tasks/t/files/wd/")).toEqual(listed);
  expect((await api.request("HEAD", root)).headers.get("content-type")).toContain("json");
});

test("a path that leaves the folder never reaches the node", async () => {
  await one.start();
  api.files.asked = 0;
  const escapes = [
    "..%2f..%2fsecret",
    "wd%2f..%2f..%2fother",
    "%2e%2e%2fsecret",
    "%2fetc%2fpasswd",
    "wd/..%2f..%2fsecret",
    "a%00b",
  ];
  for (const path of escapes) {
    const refusal = await api.refusal("GET", `/jobs/j/tasks/t/files/${path}`);
    expect([path, refusal.code]).toEqual([path, "PathRefused"]);
  }
  const listed = await api.refusal("GET", "/nodes/node1/files?path=../..");
  expect(listed.code).toBe("PathRefused");
  expect(api.files.asked).toBe(0);
});

test.each([
  ["PathNotFound", 404, "FileNotFound"],
  ["PathRefused", 400, "PathRefused"],
  ["NotAFile", 404, "PathNotFound"],
  ["ReadFailed", 409, "TaskFilesUnavailable"],
] as const)(
  "a file that changes before its first byte is read is refused: %s",
  async (given, status, code) => {
    await one.start();
    api.files.write(STDOUT, "text");
    const ask = api.files.ask.bind(api.files);
    api.files.ask = async (number, question) =>
      question.kind === "read"
        ? { kind: "error", code: given, message: "It is another now." }
        : await ask(number, question);
    const paths = ["/jobs/j/tasks/t/files/stdout.txt", `/nodes/node1/files/${STDOUT}`];
    for (const path of [...paths, "/jobs/j/tasks/t/stdout"]) {
      expect(await api.refusal("GET", path)).toMatchObject({ status, code });
    }
  },
);

test("a file that becomes shorter before its first byte is read is refused, and is tried again by nobody", async () => {
  api.files.write("shared/f.txt", "text");
  const ask = api.files.ask.bind(api.files);
  api.files.ask = async (number, question) => {
    if (question.kind === "read") api.files.write("shared/f.txt", "");
    return await ask(number, question);
  };
  expect(await api.refusal("GET", "/nodes/node1/files/shared/f.txt")).toMatchObject({
    status: 409,
    code: "TaskFilesUnavailable",
    message: "shared/f.txt became shorter while it was read.",
  });
});

test("a file larger than one question is read piece by piece", async () => {
  const bytes = new Uint8Array(600_000).map((_, index) => index % 251);
  api.files.write("shared/large", bytes);
  const response = await api.request("GET", "/nodes/node1/files/shared/large");
  expect(response.headers.get("content-length")).toBe("600000");
  expect(Buffer.from(await response.bytes()).equals(Buffer.from(bytes))).toBe(true);
});

test("the file store keeps files by path", async () => {
  const bytes = new Uint8Array([0, 255, 10]);
  const put = await api.request("PUT", "/files/in/a.bin", undefined, { body: bytes });
  expect([put.status, await put.json()]).toEqual([
    201,
    { path: "in/a.bin", url: "/api/v1/files/in/a.bin", sizeBytes: 3 },
  ]);
  await api.request("PUT", "/files/in/b.bin", undefined, { body: "b" });
  expect(await (await api.request("GET", "/files/in/a.bin")).bytes()).toEqual(bytes);
  const page = await api.json("GET", "/files?prefix=in/&limit=1");
  expect([page.items[0].path, page.cursor]).toEqual(["in/a.bin", "in/a.bin"]);
  const next = await api.json("GET", `/files?prefix=in/&cursor=${page.cursor}`);
  expect(next.items.map(({ path }: { path: string }) => path)).toEqual(["in/b.bin"]);
  expect((await api.request("DELETE", "/files/in/a.bin")).status).toBe(204);
  expect((await api.refusal("GET", "/files/in/a.bin")).code).toBe("FileNotFound");
  expect((await api.refusal("PUT", "/files/..%2fa", "x")).code).toBe("PathRefused");
});

test("what a preparation wrote outlives its node", async () => {
  const tasks = [{ id: "t", commandLine: "x" }];
  const jobPreparationTask = { commandLine: "x" };
  const body = { id: "j", poolInfo: { poolId: "p" }, jobPreparationTask, tasks };
  await api.json("POST", "/jobs", body);
  const { execution } = await api.order("jobpreparation");
  api.files.write("workitems/j/job-1/jobpreparation/stdout.txt", "so far");
  expect(await text("/jobs/j/jobpreparation/node1/stdout")).toBe("so far");
  const result = resultOf(1, inline("no luck\n"));
  await api.report(one.node, "node1", [{ kind: "ended", execution, result }]);
  api.files.isReachable = false;
  expect(await text("/jobs/j/jobpreparation/NODE1/stdout")).toBe("no luck\n");
  expect(await text("/jobs/j/jobpreparation/node1/stderr")).toBe("");
  expect((await api.refusal("GET", "/jobs/j/jobrelease/node1/stdout")).status).toBe(404);
});
