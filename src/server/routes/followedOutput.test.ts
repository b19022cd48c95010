import { afterEach, beforeEach, expect, test } from "bun:test";
import { inline, type TestApi } from "./testApi.ts";
import { Follower, streamed } from "./testFollower.ts";
import { OneTask } from "./testOneTask.ts";

let one: OneTask;
let api: TestApi;
beforeEach(async () => {
  one = await OneTask.open();
  api = one.api;
});
afterEach(() => api.close());

const STDOUT = "workitems/j/job-1/t/stdout.txt";
const FOLLOW = "/jobs/j/tasks/t/stdout?follow";

const follow = (path: string, place: string | null = null) => Follower.open(api, path, place);

test("a stream goes on behind the last event that arrived, and says when it is over", async () => {
  const execution = await one.start();
  api.files.write(STDOUT, "one\n");
  const place = await (await (await follow(FOLLOW)).until("one\n")).leave();
  expect(place).toBe(`${execution}:4`);
  api.files.append(STDOUT, "two\n");
  const second = await follow(FOLLOW, place);
  await second.until("two\n");
  expect(second.text).toBe("two\n");
  api.files.append(STDOUT, "three\n");
  await one.end(execution, 0, inline("one\ntwo\nthree\n"));
  expect(await second.toEnd()).toBe("two\nthree\n");
  expect(await (await follow(FOLLOW, place)).toEnd()).toBe("two\nthree\n");
  expect(await (await follow(FOLLOW)).toEnd()).toBe("one\ntwo\nthree\n");
  expect(await (await follow(FOLLOW, second.place)).toEnd()).toBe("");
});

test("the output of one execution is taken up in its own share of the file", async () => {
  const first = await one.start({ maxTaskRetryCount: 1 });
  api.files.write(STDOUT, "try 1\n");
  await one.end(first, 1, inline("try 1\n"));
  const second = await one.begin(2);
  api.files.append(STDOUT, "try 2\n");
  const path = `/executions/${second}/stdout?follow`;
  const place = await (await (await follow(path)).until("try 2\n")).leave();
  expect(place).toBe(`${second}:6`);
  api.files.append(STDOUT, "more\n");
  const again = await follow(path, place);
  await again.until("more\n");
  await one.end(second, 0, inline("try 2\nmore\n"));
  expect(await again.toEnd()).toBe("more\n");
  expect(await (await follow(path, place)).toEnd()).toBe("more\n");
});

test("a stream that is taken up two retries later goes on in the same file", async () => {
  const first = await one.start({ maxTaskRetryCount: 3 });
  api.files.write(STDOUT, "try 1\n");
  const place = await (await (await follow(FOLLOW)).until("try 1\n")).leave();
  await one.end(first, 1, inline("try 1\n"));
  const second = await one.begin(2);
  api.files.append(STDOUT, "try 2\n");
  await one.end(second, 1, inline("try 2\n"));
  const third = await one.begin(3);
  api.files.append(STDOUT, "try 3\n");
  const again = await follow(FOLLOW, place);
  await again.until("try 3\n");
  await one.end(third, 0, inline("try 3\n"));
  expect(await again.toEnd()).toBe("try 2\ntry 3\n");
});

test("when a task is run again elsewhere, what is kept of the execution before comes first", async () => {
  const first = await one.start();
  api.files.write(STDOUT, "one\n");
  const follower = await follow(FOLLOW);
  await follower.until("one\n");
  await api.json("POST", "/jobs/j/disable", { disableTasks: "requeue" });
  api.files.isReachable = false;
  await one.end(first, 143, inline("one\nlast words\n"));
  api.files.isReachable = true;
  await api.json("POST", "/jobs/j/enable");
  api.files.write(STDOUT, "");
  const second = await one.begin(2);
  api.files.write(STDOUT, "again\n");
  await follower.until("again\n");
  await one.end(second, 0, inline("again\n"));
  expect(await follower.toEnd()).toBe("one\nlast words\nagain\n");
  expect(await (await follow(FOLLOW, `${first}:4`)).toEnd()).toBe("last words\nagain\n");
});

test("one who was reading waits for a node that is away just now", async () => {
  const execution = await one.start();
  api.files.write(STDOUT, "one\ntwo\n");
  const place = { kind: "node" } as const;
  await one.end(execution, 0, { sizeBytes: 8, droppedBytes: 0, place });
  api.files.isReachable = false;
  const path = `${FOLLOW}=true`;
  const fresh = await api.refusal("GET", path, undefined, streamed(null));
  expect([fresh.status, fresh.code]).toEqual([409, "TaskFilesUnavailable"]);
  const asked = api.files.asked;
  const late = follow(path, `${execution}:4`);
  while (api.files.asked === asked) await Bun.sleep(1);
  api.files.isReachable = true;
  expect(await (await late).toEnd()).toBe("two\n");
  // Nothing is left: no node is needed.
  api.files.isReachable = false;
  expect(await (await follow(path, `${execution}:8`)).toEnd()).toBe("");
});

test("long output comes in events of a size that readers can hold", async () => {
  const execution = await one.start();
  const text = "0123456789".repeat(20_000);
  api.files.write(STDOUT, text);
  const follower = await follow(FOLLOW);
  await follower.untilLength(60_000);
  const place = await follower.leave();
  await one.end(execution, 0, { sizeBytes: text.length, droppedBytes: 0, place: { kind: "node" } });
  const rest = await (await follow(FOLLOW, place)).toEnd();
  expect(rest.length).toBeGreaterThan(0);
  expect(follower.text + rest).toBe(text);
});

test("a place that is none, or one of something else, is refused", async () => {
  const execution = await one.start();
  for (const place of ["5", "a:b", `${execution + 1}:0`, `${execution}:-1`]) {
    const refusal = await api.refusal("GET", FOLLOW, undefined, streamed(place));
    expect([refusal.status, refusal.code]).toEqual([400, "InvalidQueryParameterValue"]);
  }
  const own = `/executions/${execution}/stdout?follow`;
  expect((await api.refusal("GET", own, undefined, streamed("99:0"))).status).toBe(400);
});
